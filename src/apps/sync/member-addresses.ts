import type { Knex } from 'knex';
import type { Context } from '../../context';
import { upsertMany } from '../../db/upsert-many';
import type { Member } from '../../patreon/resources';
import type { ReadRecords } from './list-resource';

type MemberIds = ReadonlyMap<string, number>;

/** Stores, changes and removes addresses, encrypted; an address that the answer does not tell about stays. */
export async function storeAddresses(
  context: Context,
  trx: Knex.Transaction,
  campaignId: number,
  memberIds: MemberIds,
  { items, readSeq }: ReadRecords<Member>,
): Promise<void> {
  const seqOf = ({ id }: Member) => (typeof readSeq === 'number' ? readSeq : readSeq.get(id));
  const told = items.filter(isTold);
  const without = told.filter((m) => m.address_id === null);
  if (without.length > 0) {
    await trx.raw(
      `delete from member_addresses a using unnest(:ids::bigint[], :seqs::bigint[]) as r(member_id, read_seq)
        where a.member_id = r.member_id and a.read_seq < r.read_seq`,
      { ids: without.map((m) => memberIds.get(m.id)), seqs: without.map(seqOf) },
    );
  }
  const others = await withOtherText(context, trx, memberIds, told);
  const rows = others.map(({ member, memberId, plain, digest }) => ({
    member_id: memberId,
    campaign_id: campaignId,
    patreon_id: member.address?.id,
    address: context.secrets.seal(plain, placeOf(memberId)),
    address_digest: digest,
    read_seq: seqOf(member),
  }));
  await upsertMany(trx, { table: 'member_addresses', key: ['member_id'] }, rows);
}

/** Patreon ids of the members whose address is not stored as it came. */
export async function withOtherAddress(
  context: Context,
  trx: Knex.Transaction,
  memberIds: MemberIds,
  members: readonly Member[],
): Promise<string[]> {
  const told = members.filter(isTold);
  const others = await withOtherText(context, trx, memberIds, told);
  const without = new Map(told.filter((m) => m.address_id === null).map((m) => [memberIds.get(m.id) as number, m.id]));
  const removed: number[] =
    without.size === 0
      ? []
      : await trx('member_addresses')
          .whereRaw('member_id = any(?::bigint[])', [[...without.keys()]])
          .pluck('member_id');
  return [...others.map(({ member }) => member.id), ...removed.map((id) => without.get(id) as string)];
}

const isTold = (member: Member) => !member.missing_relationships.includes('address');
const placeOf = (memberId: number) => `member_addresses|address|${memberId}`;

/** Sealing the same text twice gives two texts: a keyed digest tells what changed. */
async function withOtherText({ secrets }: Context, trx: Knex.Transaction, memberIds: MemberIds, told: Member[]) {
  const given = told.flatMap((member) => {
    const memberId = memberIds.get(member.id);
    if (member.address === null || memberId === undefined) return [];
    const { id: _id, ...attributes } = member.address;
    const plain = JSON.stringify(attributes);
    return [{ member, memberId, plain, digest: secrets.digest(plain, placeOf(memberId)) }];
  });
  if (given.length === 0) return [];
  const rows = await trx('member_addresses')
    .whereRaw('member_id = any(?::bigint[])', [given.map(({ memberId }) => memberId)])
    .select('member_id', 'address_digest');
  const known = new Map<number, string>(rows.map((r) => [r.member_id, r.address_digest]));
  return given.filter(({ memberId, digest }) => known.get(memberId) !== digest);
}
