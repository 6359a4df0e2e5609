import { plainKnex } from './scratch-database';

const MIRROR = [
  'patreon_campaigns',
  'patreon_tiers',
  'patreon_benefits',
  'patreon_members',
  'pledge_events',
  'member_addresses',
  'patreon_posts',
];

/** What a database has written so far. */
export interface DatabaseWork {
  walBytes: number;
  /** Rows of the mirrored tables. */
  inserted: number;
  updated: number;
  pledgeEvents: number;
  /** Rows that were inserted or updated, by table. */
  byTable: string;
}

interface Figures extends DatabaseWork {
  tables: { relname: string; inserted: number; updated: number }[];
}

/** Reads the figures of PostgreSQL. Exact once the connections that wrote have ended. */
export async function databaseWork(databaseUrl: string): Promise<Figures> {
  const knex = plainKnex(databaseUrl);
  try {
    const { rows: tables } = await knex.raw(
      `select relname, n_tup_ins::int as inserted, n_tup_upd::int as updated
         from pg_stat_user_tables where relname = any(?::text[])`,
      [MIRROR],
    );
    const { rows } = await knex.raw(
      `select (pg_current_wal_lsn() - '0/0')::float8 as wal_bytes, (select count(*)::int from pledge_events) as events`,
    );
    return figures(tables, rows[0].wal_bytes, rows[0].events);
  } finally {
    await knex.destroy();
  }
}

/** What was written between two readings. */
export function difference(after: Figures, before: Figures): DatabaseWork {
  const tables = after.tables.map((table) => {
    const then = before.tables.find(({ relname }) => relname === table.relname);
    const { relname, inserted, updated } = table;
    return { relname, inserted: inserted - (then?.inserted ?? 0), updated: updated - (then?.updated ?? 0) };
  });
  return figures(tables, after.walBytes - before.walBytes, after.pledgeEvents);
}

function figures(tables: Figures['tables'], walBytes: number, pledgeEvents: number): Figures {
  const sum = (of: 'inserted' | 'updated') => tables.reduce((total, table) => total + table[of], 0);
  const written = tables.filter((table) => table.inserted + table.updated > 0);
  const byTable = written.map((t) => `${t.relname} ${t.inserted} new, ${t.updated} changed`).join('; ');
  return { tables, walBytes, pledgeEvents, inserted: sum('inserted'), updated: sum('updated'), byTable };
}
