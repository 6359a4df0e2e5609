import type { Knex } from 'knex';
import type { Context } from '../../context';
import { findDifferences, type Row, renewDigests, type UpsertCounts, upsertMany } from '../../db/upsert-many';
import type { Member } from '../../patreon/resources';
import type { Departure, Differences, ReadRecords, RecordStore } from './list-resource';
import { memberRow, pledgeEventRows } from './mappers/member.mapper';
import { storeAddresses, withOtherAddress } from './member-addresses';

const MEMBERS = { table: 'patreon_members', key: ['campaign_id', 'patreon_id'] } as const;
const EVENTS = { table: 'pledge_events', key: ['campaign_id', 'member_id', 'patreon_id'] } as const;

/** Members of one campaign with their pledge events and addresses: at most six statements for any number of them. */
export function memberStore(context: Context, campaignId: number): RecordStore<Member> {
  return {
    resource: 'members',
    type: 'member',
    table: MEMBERS.table,
    store: (trx, records) => storeMembers(context, trx, campaignId, records),
    findDifferences: (trx, records) => findMemberDifferences(context, trx, campaignId, records),
    renewDigests: (trx, records) =>
      renewDigests(trx, { ...MEMBERS, ...common(records.readSeq) }, memberRows(records, campaignId)),
  };
}

/** The rows with the place of the read that brought each, or nothing more when one read brought all. */
function placed(rows: Row[], readSeq: ReadRecords<Member>['readSeq'], idOf: (index: number) => string): Row[] {
  if (typeof readSeq === 'number') return rows;
  return rows.map((row, index) => ({ ...row, read_seq: readSeq.get(idOf(index)) }));
}

const common = (readSeq: ReadRecords<Member>['readSeq']) => (typeof readSeq === 'number' ? { readSeq } : {});

function memberRows({ items, dropped, readSeq }: ReadRecords<Member>, campaignId: number): Row[] {
  const rows = items.map((member) => memberRow(member, campaignId, dropped));
  return placed(rows, readSeq, (index) => items[index]?.id as string);
}

function eventRows(
  { items, readSeq }: ReadRecords<Member>,
  campaignId: number,
  memberIds: ReadonlyMap<string, number>,
): Row[] {
  if (typeof readSeq === 'number') return pledgeEventRows(items, campaignId, memberIds);
  return items.flatMap((item) => placed(pledgeEventRows([item], campaignId, memberIds), readSeq, () => item.id));
}

async function storeMembers(
  context: Context,
  trx: Knex.Transaction,
  campaignId: number,
  records: ReadRecords<Member>,
): Promise<UpsertCounts> {
  if (records.items.length === 0) return { created: 0, updated: 0, unchanged: 0 };
  const read = common(records.readSeq);
  const target = { ...MEMBERS, ...read, mostAreNew: records.fill === true };
  const counts = await upsertMany(trx, target, memberRows(records, campaignId));
  const memberIds = await rowIds(trx, campaignId, records.items);
  // Of members that this very transaction has created nothing can be stored yet.
  const areNew = counts.created === memberIds.size;
  await upsertMany(trx, { ...EVENTS, ...read, areNew }, eventRows(records, campaignId, memberIds));
  await storeAddresses(context, trx, campaignId, memberIds, records);
  return counts;
}

async function findMemberDifferences(
  context: Context,
  trx: Knex.Transaction,
  campaignId: number,
  records: ReadRecords<Member>,
): Promise<Differences> {
  const read = common(records.readSeq);
  const found = await findDifferences(trx, { ...MEMBERS, ...read }, memberRows(records, campaignId));
  const ids = new Set(found.map(({ row }) => row.patreon_id as string));
  const same = records.items.filter(({ id }) => !ids.has(id));
  const memberIds = await rowIds(trx, campaignId, same);
  const known = new Map([...memberIds].map(([patreonId, id]) => [id, patreonId]));
  const events = await findDifferences(
    trx,
    { ...EVENTS, ...read },
    eventRows({ ...records, items: same }, campaignId, memberIds),
  );
  for (const { row } of events) ids.add(known.get(row.member_id as number) as string);
  for (const id of await withOtherAddress(context, trx, memberIds, same)) ids.add(id);
  const changed = found.filter(({ isNew }) => !isNew).map(({ row }) => row);
  return { ids, departures: await findDepartures(trx, campaignId, changed) };
}

const PAYING = ['paying', 'pending'];

/** Those of the changed rows whose members pay now and would no longer. */
export async function findDepartures(trx: Knex.Transaction, campaignId: number, changed: Row[]): Promise<Departure[]> {
  const leaving = new Map(
    changed.filter((row) => !PAYING.includes(row.kind as string)).map((row) => [row.patreon_id as string, row]),
  );
  if (leaving.size === 0) return [];
  const rows = await trx(MEMBERS.table)
    .where({ campaign_id: campaignId })
    .whereRaw('patreon_id = any(?::text[])', [[...leaving.keys()]])
    .whereNull('gone_at')
    .whereIn('kind', PAYING)
    .select('patreon_id', 'kind', 'monthly_cents');
  return rows.map((row) => ({
    patreonId: row.patreon_id,
    kindBefore: row.kind,
    kindAfter: leaving.get(row.patreon_id)?.kind as string,
    monthlyCentsBefore: row.monthly_cents,
  }));
}

async function rowIds(
  trx: Knex.Transaction,
  campaignId: number,
  members: readonly Member[],
): Promise<Map<string, number>> {
  if (members.length === 0) return new Map();
  const rows = await trx(MEMBERS.table)
    .where({ campaign_id: campaignId })
    .whereRaw('patreon_id = any(?::text[])', [members.map((m) => m.id)])
    .select('id', 'patreon_id');
  return new Map(rows.map((r) => [r.patreon_id, r.id]));
}
