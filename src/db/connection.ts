import { knex as createKnex, type Knex } from 'knex';
import { Model } from 'objection';
import { types } from 'pg';
import type { Config } from '../config';
import type { Logger } from '../logger';
import { resolveDatabase } from './resolve-url';
import { wireTime } from './wire-time';

export interface Database {
  knex: Knex;
  url: string;
  close(): Promise<void>;
}

const INT8 = 20;
const TIMESTAMPTZ = 1184;

/**
 * How PostgreSQL's values arrive: bigint as a number (what we store was checked to be a safe integer),
 * timestamptz as Patreon's own text form, because a Date would drop microseconds.
 */
export const pgTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary') {
      if (oid === INT8) return Number;
      if (oid === TIMESTAMPTZ) return wireTime;
    }
    return types.getTypeParser(oid, format as 'text');
  },
} as typeof types;

const AS_THE_SERVER_LIKES = new Set([null, 'allow', 'prefer']);

/** TLS is verified unless the address says `sslmode=disable` or is on this machine and asks for none. */
export function connectionSettings(url: string): {
  connectionString: string;
  ssl: boolean | { rejectUnauthorized: boolean };
} {
  const parsed = new URL(url);
  const mode = parsed.searchParams.get('sslmode');
  parsed.searchParams.delete('sslmode');
  const local = ['', 'localhost', '127.0.0.1', '[::1]'].includes(parsed.hostname);
  const plain = mode === 'disable' || (local && AS_THE_SERVER_LIKES.has(mode));
  return { connectionString: parsed.toString(), ssl: plain ? false : { rejectUnauthorized: mode !== 'no-verify' } };
}

/** Connects Objection and Knex. Finds or starts the embedded PostgreSQL when no DATABASE_URL is set. */
export async function openDatabase(config: Config, options: { log: Logger; poolSize: number }): Promise<Database> {
  const resolved = await resolveDatabase({ databaseUrl: config.database.url, dataDir: config.database.dataDir });
  const knex = createKnex({
    client: 'pg',
    connection: {
      ...connectionSettings(resolved.url),
      application_name: 'patrondesk',
      connectionTimeoutMillis: 2_000,
      statement_timeout: 60_000,
      lock_timeout: 10_000,
      idle_in_transaction_session_timeout: 60_000,
      options: '-c timezone=UTC',
      types: pgTypes,
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: options.poolSize, acquireTimeoutMillis: 3_000, createTimeoutMillis: 3_000 },
    acquireConnectionTimeout: 3_000,
    log: {
      warn: (m: unknown) => options.log.debug({ knex: String(m) }, 'knex'),
      error: () => undefined,
      debug: () => undefined,
    },
  });
  Model.knex(knex);
  return {
    knex,
    url: resolved.url,
    async close() {
      await knex.destroy();
      await resolved.release();
    },
  };
}
