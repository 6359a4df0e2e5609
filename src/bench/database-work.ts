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
  deleted: number;
  /** Rows that were written, by table, the sync's own books too. */
  byTable: string;
}

interface Figures extends DatabaseWork {
  tables: { relname: string; inserted: number; updated: number; deleted: number }[];
}

/** Reads the figures of PostgreSQL. Exact once the connections that wrote have ended. */
export async function databaseWork(databaseUrl: string): Promise<Figures> {
  const knex = plainKnex(databaseUrl);
  try {
    const { rows: tables } = await knex.raw(
      `select relname, n_tup_ins::int as inserted, n_tup_upd::int as updated, n_tup_del::int as deleted
         from pg_stat_user_tables order by relname`,
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
    const since = (what: 'inserted' | 'updated' | 'deleted') => table[what] - (then?.[what] ?? 0);
    return {
      relname: table.relname,
      inserted: since('inserted'),
      updated: since('updated'),
      deleted: since('deleted'),
    };
  });
  return figures(tables, after.walBytes - before.walBytes, after.pledgeEvents);
}

function figures(tables: Figures['tables'], walBytes: number, pledgeEvents: number): Figures {
  const mirror = tables.filter(({ relname }) => MIRROR.includes(relname));
  const sum = (of: 'inserted' | 'updated' | 'deleted') => mirror.reduce((total, table) => total + table[of], 0);
  const written = tables.filter(({ inserted, updated, deleted }) => inserted + updated + deleted > 0);
  const byTable = written.map((t) => `${t.relname} +${t.inserted} ~${t.updated} -${t.deleted}`).join('; ');
  const counts = { inserted: sum('inserted'), updated: sum('updated'), deleted: sum('deleted') };
  return { tables, walBytes, pledgeEvents, ...counts, byTable };
}
