import { randomBytes } from 'node:crypto';
import { knex as createKnex, type Knex } from 'knex';
import { loadConfig } from '../config';
import { connectionSettings, pgTypes } from '../db/connection';
import { migrateLatest } from '../db/migrate';
import { resolveDatabase } from '../db/resolve-url';

/**
 * Gives `work` a migrated, empty database of its own on the configured server (the embedded one unless DATABASE_URL is
 * set) and drops it afterwards. Nothing else on that server is touched; the role must be allowed to create databases.
 */
export async function withScratchDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { url, dataDir } = loadConfig().database;
  const server = await resolveDatabase({ databaseUrl: url, dataDir });
  try {
    return await withDatabaseBeside(server.url, work);
  } finally {
    await server.release();
  }
}

/** The same on the server of another database. */
export async function withDatabaseBeside<T>(serverUrl: string, work: (url: string) => Promise<T>): Promise<T> {
  const name = `patrondesk_bench_${randomBytes(4).toString('hex')}`;
  const admin = plainKnex(serverUrl);
  try {
    await admin.raw('create database ??', [name]);
    const scratch = new URL(serverUrl);
    scratch.pathname = `/${name}`;
    try {
      await migrate(scratch.href);
      return await work(scratch.href);
    } finally {
      await admin.raw('drop database ?? with (force)', [name]);
    }
  } finally {
    await admin.destroy();
  }
}

/** A connection beside the measured ones, without their time-outs. */
export function plainKnex(url: string): Knex {
  const connection = { ...connectionSettings(url), types: pgTypes } as Knex.PgConnectionConfig;
  return createKnex({ client: 'pg', connection, pool: { min: 0, max: 2 } });
}

async function migrate(url: string): Promise<void> {
  const knex = plainKnex(url);
  try {
    await migrateLatest(knex);
  } finally {
    await knex.destroy();
  }
}
