import type { Knex } from 'knex';
import { type Difference, findDifferences, type Row } from '../../db/upsert-many';
import type { ResourceReport } from './sync-report';
import type { Resource } from './sync-run.model';

/** One record that a run would create or change. Names fields only: their values may be e-mails, notes or addresses. */
export interface DryRunSample {
  /** Patreon's id. */
  campaign: string;
  resource: Resource;
  patreon_id: string;
  change: 'created' | 'updated';
  fields: string[];
}

export interface ComparedRows {
  report: ResourceReport;
  differences: Difference[];
}

export interface ComparedTable {
  table: string;
  key: readonly string[];
}

/** Later than any read: whatever differs counts as a change. */
const LATEST = Number.MAX_SAFE_INTEGER;

/** What storing these rows would do to a table; writes nothing. */
export async function compareRows(
  trx: Knex.Transaction,
  { table, key }: ComparedTable,
  rows: Row[],
): Promise<ComparedRows> {
  const differences = await findDifferences(trx, { table, key, readSeq: LATEST }, rows);
  const created = differences.filter(({ isNew }) => isNew).length;
  const keys = new Set(rows.map((row) => key.map((column) => row[column]).join('\0')));
  const report = {
    fetched: rows.length,
    created,
    updated: differences.length - created,
    unchanged: keys.size - differences.length,
    gone: 0,
    quarantined: 0,
    waiting: 0,
  };
  return { report, differences };
}

/** Ours, not Patreon's. */
const BOOKKEEPING = ['id', 'campaign_id', 'credential_id', 'read_seq', 'first_seen_at', 'changed_at', 'digest'];

/** The first of the differences, each with the fields in which it differs; a record that was gone has come back. */
export async function sampleOf(
  trx: Knex.Transaction,
  { table, key }: ComparedTable,
  differences: readonly Difference[],
  limit: number,
): Promise<Omit<DryRunSample, 'campaign' | 'resource'>[]> {
  const chosen = differences.slice(0, limit);
  if (chosen.length === 0) return [];
  const { rows } = await trx.raw(
    `select r.row ->> 'patreon_id' as patreon_id, t.patreon_id is null as is_new,
            array(select n.key from jsonb_each(to_jsonb(jsonb_populate_record(t.*, r.row)) - :bookkeeping::text[]) n
                   where n.value is distinct from to_jsonb(t) -> n.key order by n.key) as fields
       from jsonb_array_elements(:rows::jsonb) with ordinality as r(row, place)
       left join "${table}" t on ${key.map((column) => `t."${column}"::text = r.row ->> '${column}'`).join(' and ')}
      order by r.place`,
    { bookkeeping: BOOKKEEPING, rows: JSON.stringify(chosen.map(({ row }) => ({ ...row, gone_at: null }))) },
  );
  return (rows as { patreon_id: string; is_new: boolean; fields: string[] }[]).map((row) => ({
    patreon_id: row.patreon_id,
    change: row.is_new ? 'created' : 'updated',
    fields: row.is_new ? [] : row.fields,
  }));
}
