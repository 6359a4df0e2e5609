import type { Command } from 'commander';
import { accountsCommands } from './apps/accounts/accounts.commands';
import { insightCommands } from './apps/insight/insight.commands';
import { syncCommands } from './apps/sync/sync.commands';
import type { Context } from './context';

/** Every command of the command line; each app names its own. */
export function mountCommands(program: Command, open: () => Promise<Context>): void {
  accountsCommands(program, open);
  syncCommands(program, open);
  insightCommands(program, open);
}
