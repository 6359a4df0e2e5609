import { gunzipSync, gzipSync } from 'node:zlib';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import type { UpsertCounts } from '../../db/upsert-many';
import { failPoint } from '../../lib/fail-points';
import type { DroppedName } from '../../patreon/client';
import type { Departure, ReadRecords, RecordStore } from './list-resource';
import { contestedStaged, lockReads } from './read-stamps';
import type { RunLease } from './run-lease';
import type { Pass } from './sightings';

/** So many staged records are applied in one transaction. */
const BATCH = 500;

const key = ({ runId, campaignId, resource }: Pass) => ({ run_id: runId, campaign_id: campaignId, resource });
const place = ({ runId, campaignId }: Pass, patreonId: string) =>
  `sync_staged_records|record|${runId}|${campaignId}|${patreonId}`;

/** Keeps those records of a page that differ from what is stored until the pass has been judged. */
export async function stageDifferences<T extends { id: string }>(
  context: Context,
  trx: Knex.Transaction,
  store: RecordStore<T>,
  pass: Pass,
  records: ReadRecords<T> & { readSeq: number; endSeq: number },
): Promise<UpsertCounts & { staged: number }> {
  if (!store.findDifferences) throw new Error(`${pass.resource} are not compared before they are stored`);
  const { ids, departures } = await store.findDifferences(trx, records);
  const different = [...new Map(records.items.map((item) => [item.id, item])).values()].filter(({ id }) => ids.has(id));
  // Equal in all that is stored, though not in every byte: only their digest is renewed.
  const same = records.items.filter(({ id }) => !ids.has(id));
  if (same.length > 0) await store.renewDigests?.(trx, { ...records, items: same });
  await insertStaged(context, trx, pass, { ...records, items: different });
  await insertDepartures(trx, pass, departures);
  return { created: 0, updated: 0, unchanged: records.items.length - different.length, staged: different.length };
}

async function insertStaged<T extends { id: string }>(
  { secrets }: Context,
  trx: Knex.Transaction,
  pass: Pass,
  { items, dropped, readSeq, endSeq }: ReadRecords<T> & { endSeq: number },
): Promise<void> {
  if (items.length === 0) return;
  const rows = items.map((item) => ({
    patreon_id: item.id,
    record: secrets.seal(pack({ item, dropped }), place(pass, item.id)),
  }));
  await trx.raw(
    `insert into sync_staged_records (run_id, campaign_id, resource, patreon_id, read_seq, end_seq, record)
     select :run_id, :campaign_id, :resource, r.patreon_id, :readSeq, :endSeq, r.record
       from json_to_recordset(:rows::json) as r(patreon_id text, record text)`,
    { ...key(pass), readSeq: readSeq as number, endSeq, rows: JSON.stringify(rows) },
  );
}

async function insertDepartures(trx: Knex.Transaction, pass: Pass, departures: readonly Departure[]): Promise<void> {
  if (departures.length === 0) return;
  const rows = departures.map(({ patreonId, kindBefore, kindAfter, monthlyCentsBefore }) => ({
    ...key(pass),
    patreon_id: patreonId,
    reason: 'not_paying',
    kind_before: kindBefore,
    kind_after: kindAfter,
    monthly_cents_before: monthlyCentsBefore,
  }));
  await trx('sync_departures').insert(rows).onConflict().ignore();
}

/** A record that comes again on a later page was read again: only what the later page says of it counts. */
export async function unstage(trx: Knex.Transaction, pass: Pass, ids: readonly string[]): Promise<void> {
  const given = (table: string) =>
    trx(table)
      .where(key(pass))
      .whereRaw('patreon_id = any(?::text[])', [[...ids]]);
  await given('sync_departures').delete();
  const dropped = await given('sync_staged_records').delete();
  if (dropped > 0) await trx('sync_run_resources').where(key(pass)).decrement('staged', dropped);
}

/** How many of those who pay now would no longer. */
export async function countNoLongerPaying(knex: Knex, pass: Pass): Promise<number> {
  const row = await knex('sync_departures')
    .where(key(pass))
    .where({ reason: 'not_paying' })
    .count('* as members')
    .first();
  return Number(row?.members ?? 0);
}

/** What stores staged records: a run that reads, or one that the owner has decided. */
export interface Applying {
  context: Context;
  lease: RunLease;
  signal: AbortSignal;
}

/**
 * Stores what was staged, batch by batch; each is counted and forgotten in the transaction that stores it, so whoever
 * takes over goes on where this stopped. What a single read met at the same moment is added to what is read again.
 */
export async function applyStaged<T extends { id: string }>(
  { context, lease, signal }: Applying,
  store: RecordStore<T>,
  pass: Pass,
): Promise<void> {
  for (let left = true; left; ) {
    signal.throwIfAborted();
    left = await lease.write(async (trx) => {
      await lockReads(trx, pass);
      const rows: StagedRow[] = await trx('sync_staged_records')
        .where(key(pass))
        .orderBy(['read_seq', 'patreon_id'])
        .limit(BATCH)
        .select('patreon_id', 'read_seq', 'record');
      if (rows.length > 0) await applyBatch(context, trx, store, pass, rows);
      failPoint('staged.applied');
      return rows.length === BATCH;
    });
  }
}

interface StagedRow {
  patreon_id: string;
  read_seq: number;
  record: string;
}

async function applyBatch<T extends { id: string }>(
  { secrets }: Context,
  trx: Knex.Transaction,
  store: RecordStore<T>,
  pass: Pass,
  rows: StagedRow[],
): Promise<void> {
  const ids = rows.map((r) => r.patreon_id);
  const { older, overlapping } = await contestedStaged(trx, pass.runId, pass, ids);
  const free = rows.filter(({ patreon_id: id }) => !older.has(id) && !overlapping.has(id));
  const readSeq = new Map(free.map((r) => [r.patreon_id, r.read_seq]));
  const records = free.map((r) => unpack<T>(secrets.open(r.record, place(pass, r.patreon_id))));
  const counts = { created: 0, updated: 0, unchanged: rows.length - free.length };
  for (const [dropped, items] of byDropped(records)) {
    const stored = await store.store(trx, { items, dropped, readSeq });
    for (const name of ['created', 'updated', 'unchanged'] as const) counts[name] += stored[name];
  }
  await trx('sync_staged_records').where(key(pass)).whereRaw('patreon_id = any(?::text[])', [ids]).delete();
  const added = Object.entries(counts).map(([name, n]) => [name, trx.raw('?? + ?', [name, n])]);
  await trx('sync_run_resources')
    .where(key(pass))
    .update({ ...Object.fromEntries(added), staged: trx.raw('staged - ?', [rows.length]) });
  if (overlapping.size === 0) return;
  const contested = JSON.stringify([...overlapping]);
  await trx('sync_run_resources')
    .where(key(pass))
    .update({ pass: trx.raw(ADD_CONTESTED, [contested]) });
}

/** A pass that is cut off before its end has no state here yet. */
const ADD_CONTESTED = `jsonb_set(coalesce(pass, '{}'), '{contested}', coalesce(pass->'contested', '[]') || ?::jsonb)`;

/** What Patreon refuses to tell hardly ever changes within a pass: one group, as a rule. */
function byDropped<T>(records: Staged<T>[]): [readonly DroppedName[], T[]][] {
  const groups = new Map<string, [readonly DroppedName[], T[]]>();
  for (const { item, dropped } of records) {
    const group = groups.get(JSON.stringify(dropped));
    if (group) group[1].push(item);
    else groups.set(JSON.stringify(dropped), [dropped, [item]]);
  }
  return [...groups.values()];
}

/** Forgets what waits: it was not believed, or a later run has read the same. */
export async function dropStaged(trx: Knex, pass: Pass): Promise<void> {
  await trx('sync_staged_records').where(key(pass)).delete();
  await trx('sync_run_resources').where(key(pass)).update({ staged: 0 });
}

interface Staged<T> {
  item: T;
  dropped: readonly DroppedName[];
}

const pack = (staged: Staged<unknown>): string => gzipSync(JSON.stringify(staged)).toString('base64');
const unpack = <T>(packed: string): Staged<T> =>
  JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString('utf8')) as Staged<T>;
