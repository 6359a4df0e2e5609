import { Command, CommanderError } from 'commander';
import { mountCommands } from './commands';
import { ConfigError, loadConfig } from './config';
import { type Context, createContext } from './context';
import { migrateLatest } from './db/migrate';
import { AppError, UsageError, ValidationError } from './errors';
import { explain, explained } from './process';
import { adoptEnvironmentCredential, prepareDatabase } from './start-up';

/** Door 3: one command, then the end. Exit 2 is wrong usage or configuration; commands set their own other codes. */
async function main(): Promise<void> {
  let context: Context | undefined;
  const open = async () => {
    context ??= await createContext(loadConfig(process.env, { logLevel: 'warn' }), { poolSize: 6 });
    await prepareDatabase(context);
    await adoptEnvironmentCredential(context);
    return context;
  };
  const program = new Command('patrondesk')
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  program
    .command('migrate')
    .description('bring the database to the latest version')
    .action(async () => {
      context = await createContext(loadConfig(process.env, { logLevel: 'warn' }), { poolSize: 2 });
      const names = await migrateLatest(context.knex);
      process.stderr.write(names.length === 0 ? 'The database is up to date.\n' : `Ran ${names.length} migrations.\n`);
    });
  mountCommands(program, open);
  try {
    await program.parseAsync(process.argv);
  } finally {
    await context?.close();
  }
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // Nothing is connected: a matter of configuration.
  if (error instanceof AppError && error.code === 'no_connection') return 2;
  return error instanceof ConfigError || error instanceof UsageError || error instanceof ValidationError ? 2 : 1;
}

main().then(
  () => process.exit(process.exitCode ?? 0),
  (error) => {
    if (!(error instanceof CommanderError)) console.error(explain(error));
    process.exit(exitCode(explained(error)));
  },
);
