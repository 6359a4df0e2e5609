import type { Knex } from 'knex';
import type { Config } from './config';
import { openDatabase } from './db/connection';
import type { JobQueue } from './jobs/queue';
import { createJobQueue } from './jobs/queue';
import { createSecretBox, type SecretBox } from './lib/secret-box';
import { createLogger, type Logger } from './logger';

export interface Clock {
  now(): Date;
}

/** What every part of the product is given; built once for a process. */
export interface Context {
  config: Config;
  log: Logger;
  knex: Knex;
  databaseUrl: string;
  clock: Clock;
  secrets: SecretBox;
  jobs: JobQueue;
  /** Ends connections; the embedded database stops when nobody else uses it. */
  close(): Promise<void>;
}

export interface ContextOptions {
  log?: Logger;
  clock?: Clock;
  /** How many connections this process may hold. */
  poolSize?: number;
}

export async function createContext(config: Config, options: ContextOptions = {}): Promise<Context> {
  const log = options.log ?? loggerFor(config);
  const database = await openDatabase(config, { log, poolSize: options.poolSize ?? 10 });
  const jobs = createJobQueue(database.knex);
  return {
    config,
    log,
    knex: database.knex,
    databaseUrl: database.url,
    clock: options.clock ?? { now: () => new Date() },
    secrets: createSecretBox(config.secrets.encryptionKeys),
    jobs,
    close: () => database.close(),
  };
}

export function loggerFor({ logLevel, production }: Config): Logger {
  return createLogger({ level: logLevel, pretty: process.stderr.isTTY === true && !production });
}

/**
 * Opens something over a context of its own and answers how to close both. When the opening fails nothing is left behind,
 * an embedded database least of all.
 */
export async function withContext(
  config: Config,
  options: ContextOptions,
  open: (context: Context) => Promise<() => Promise<void>>,
): Promise<() => Promise<void>> {
  const context = await createContext(config, options);
  try {
    const close = await open(context);
    return async () => {
      await close();
      await context.close();
    };
  } catch (error) {
    await context.close();
    throw error;
  }
}
