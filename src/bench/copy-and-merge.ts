import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { plainKnex } from './scratch-database';

/** What members hang on, and what a pass over the members writes: each table with the key that it merges by. */
const GROUND = { patreon_campaigns: 'id', patreon_tiers: 'id', patreon_benefits: 'id' };
const MEMBERS = {
  patreon_members: 'campaign_id, patreon_id',
  pledge_events: 'campaign_id, member_id, patreon_id',
  member_addresses: 'member_id',
};

/**
 * Brings what one database has of members into another, empty one with PostgreSQL's own means: COPY into a temporary
 * table, then one INSERT … ON CONFLICT for the whole table, every index and trigger in place. Answers the seconds of
 * that; null when the server may not use files, as on a server that is not our own.
 */
export async function measureCopyAndMerge(sourceUrl: string, targetUrl: string): Promise<number | null> {
  const folder = mkdtempSync(join(tmpdir(), 'patrondesk-bench-'));
  // The server may run as another user of this machine.
  chmodSync(folder, 0o777);
  const source = plainKnex(sourceUrl);
  const target = plainKnex(targetUrl);
  try {
    if (!(await mayUseFiles(source))) return null;
    const file = (table: string) => join(folder, table);
    for (const table of Object.keys({ ...GROUND, ...MEMBERS })) {
      await source.raw(`copy (select ${await columnsOf(source, table)} from ${table}) to '${file(table)}'`);
    }
    await target.transaction(async (trx) => {
      // Without what they refer to in turn: connections are not copied.
      await trx.raw('set local session_replication_role = replica');
      for (const [table, key] of Object.entries(GROUND)) await copyAndMerge(trx, table, key, file(table));
    });
    const startedAt = performance.now();
    for (const [table, key] of Object.entries(MEMBERS)) {
      await target.transaction((trx) => copyAndMerge(trx, table, key, file(table)));
    }
    const seconds = (performance.now() - startedAt) / 1000;
    await target.raw(
      `select setval(pg_get_serial_sequence('patreon_members', 'id'), (select max(id) from patreon_members))`,
    );
    return seconds;
  } finally {
    await Promise.all([source.destroy(), target.destroy()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function copyAndMerge(trx: Knex.Transaction, table: string, key: string, file: string): Promise<void> {
  const columns = await columnsOf(trx, table);
  const names = columns.split(', ').filter((column) => !key.split(', ').includes(column) && column !== 'id');
  const set = names.map((column) => `${column} = excluded.${column}`);
  const list = (alias: string) => names.map((column) => `${alias}.${column}`).join(', ');
  await trx.raw(`create temporary table sent on commit drop as select ${columns} from ${table} limit 0`);
  await trx.raw(`copy sent from '${file}'`);
  await trx.raw(
    `insert into ${table} as t (${columns}) overriding system value select ${columns} from sent
     on conflict (${key}) do update set ${set.join(', ')} where (${list('t')}) is distinct from (${list('excluded')})`,
  );
  await trx.raw('drop table sent');
}

async function columnsOf(knex: Knex, table: string): Promise<string> {
  const { rows } = await knex.raw(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as names from pg_attribute
      where attrelid = ?::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  return (rows[0] as { names: string }).names;
}

async function mayUseFiles(knex: Knex): Promise<boolean> {
  const { rows } = await knex.raw(
    `select inet_server_addr() is null or inet_server_addr() <<= '127.0.0.0/8'::inet as is_here,
            pg_has_role('pg_write_server_files', 'member') and pg_has_role('pg_read_server_files', 'member') as may`,
  );
  return rows[0].is_here && rows[0].may;
}
