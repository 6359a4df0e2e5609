import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { staffPassword } from '../../config';
import type { Context } from '../../context';
import { UsageError, ValidationError } from '../../errors';
import { parseForm } from '../../http/parse';
import { createCatalogue } from '../../i18n';
import { hiddenPrompt } from '../../lib/hidden-prompt';
import { ROLES } from '../../policy';
import { accountsMessages } from './accounts.messages';
import { staffArguments } from './accounts.schemas';
import type { Actor } from './audit.service';
import { createStaff } from './staff.service';

interface StaffOptions {
  email: string;
  name: string;
  role: string;
}

export function accountsCommands(program: Command, open: () => Promise<Context>): void {
  program
    .command('staff:create')
    .description('add somebody who may sign in; the password comes from STAFF_PASSWORD or is asked for')
    .requiredOption('--email <email>', 'what they sign in with')
    .requiredOption('--name <name>', 'what the panel calls them')
    .requiredOption('--role <role>', ROLES.join(' | '))
    .action(async (options: StaffOptions) => {
      const given = checked({ ...options, password: await askedPassword() });
      const context = await open();
      const staff = await createStaff(context, given, shellUser()).catch(asUsage);
      process.stdout.write(`Staff member ${staff.id} was added as ${staff.role}.\n`);
    });
}

/** Who ran the command, for the audit log. */
export function shellUser(): Actor {
  return { actor: `cli:${userInfo().username}` };
}

async function askedPassword(): Promise<string> {
  const given = staffPassword();
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) throw new UsageError('There is no terminal to type a password at: set STAFF_PASSWORD.');
  const password = await hiddenPrompt('Password: ');
  const again = password && (await hiddenPrompt('The same again: '));
  if (password === null || again === null) throw new UsageError('Interrupted: nobody was added.');
  if (password !== again) throw new UsageError('The two passwords differ.');
  return password;
}

function checked(given: StaffOptions & { password: string }) {
  try {
    return parseForm(staffArguments, given);
  } catch (error) {
    return asUsage(error);
  }
}

/** Every problem on a line of its own, named by the option that has it. @throws UsageError */
function asUsage(error: unknown): never {
  if (!(error instanceof ValidationError)) throw error;
  const t = createCatalogue({ accounts: accountsMessages }).translator('en');
  const lines = Object.entries(error.fields).map(([field, message]) => `${field}: ${t(message)}`);
  throw new UsageError(lines.join('\n'));
}
