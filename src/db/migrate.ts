import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, runMigrations } from 'graphile-worker';
import { knex as createKnex, type Knex } from 'knex';
import { Pool, type PoolConfig } from 'pg';
import { ExtensionlessMigrations, type MigrationFile } from './migration-source';

/** Any number that nothing else in the database uses for an advisory lock. */
const ADVISORY_LOCK = 7_282_611;
const WAIT_MS = 300_000;

export const migrationConfig: Knex.MigratorConfig = {
  migrationSource: new ExtensionlessMigrations(join(__dirname, '..', '..', 'migrations')),
  tableName: 'knex_migrations',
};

/**
 * Brings the queue's tables and ours to the latest version and answers with the names of the migrations it ran.
 * Processes that call this at the same time wait for one another. A migration waits at most 5 s for a table in use,
 * fails, and can be run again; it is never cut short by a statement timeout.
 */
export async function migrateLatest(knex: Knex): Promise<string[]> {
  const connection = knex.client.config.connection as PoolConfig;
  const migrator = createKnex({
    ...(knex.client.config as Knex.Config),
    pool: { min: 0, max: 2, afterCreate: prepare },
    acquireConnectionTimeout: 60_000,
  });
  try {
    return await alone(migrator, async () => {
      await migrateQueue(connection);
      // Knex keeps its own lock in a row, which a killed process leaves behind for ever. We hold the advisory lock, so
      // whoever set it is gone.
      await migrator.migrate.forceFreeMigrationsLock(migrationConfig);
      const [, names] = (await migrator.migrate.latest(migrationConfig)) as [number, string[]];
      return names;
    });
  } finally {
    await migrator.destroy();
  }
}

/** Names of migrations that the database lacks. */
export async function pendingMigrations(knex: Knex): Promise<string[]> {
  const [, pending] = (await knex.migrate.list(migrationConfig)) as [unknown, MigrationFile[]];
  return pending.map(({ file }) => file);
}

/** The lock belongs to a transaction and so ends with it, however this process ends. */
async function alone<T>(migrator: Knex, work: () => Promise<T>): Promise<T> {
  return migrator.transaction(async (trx) => {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const { rows } = await trx.raw<{ rows: { held: boolean }[] }>('select pg_try_advisory_xact_lock(?) as held', [
        ADVISORY_LOCK,
      ]);
      if (rows[0]?.held) return work();
      if (Date.now() > deadline) throw new Error('Another process is migrating this database and does not finish.');
      await sleep(200);
    }
  });
}

async function migrateQueue(connection: PoolConfig): Promise<void> {
  const pgPool = new Pool({ ...connection, password: connection.password, max: 1 });
  // The library prints a warning about a pool without listeners; errors reach us through the migration itself.
  pgPool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined));
  try {
    await runMigrations({ pgPool, logger: new Logger(() => () => undefined), noHandleSignals: true });
  } finally {
    await pgPool.end();
  }
}

interface RawConnection {
  query(sql: string, done: (error: Error | null) => void): void;
}

function prepare(connection: RawConnection, done: (error: Error | null, connection: RawConnection) => void): void {
  const settings = "set lock_timeout = '5s'; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0";
  connection.query(settings, (error) => done(error, connection));
}
