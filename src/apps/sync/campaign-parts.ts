import type { Knex } from 'knex';
import type { Context } from '../../context';
import { type UpsertCounts, upsertMany } from '../../db/upsert-many';
import type { Page } from '../../patreon/client';
import type { Campaign, Member, Post } from '../../patreon/resources';
import type { ListResource, StoredPage } from './list-pass';
import { campaignRow } from './mappers/campaign.mapper';
import { memberRow, pledgeEventRows } from './mappers/member.mapper';
import { postRow } from './mappers/post.mapper';
import type { SyncSession } from './sync-session';

const MEMBER_KEY = ['campaign_id', 'patreon_id'] as const;

/** Stores a campaign and answers its row id. */
export async function storeCampaign(
  session: SyncSession,
  trx: Knex.Transaction,
  campaign: Campaign,
  page: Pick<Page<Campaign>, 'dropped'> & { readSeq: number },
): Promise<{ campaignId: number; counts: UpsertCounts }> {
  const counts = await upsertMany(trx, { table: 'patreon_campaigns', key: ['patreon_id'], readSeq: page.readSeq }, [
    campaignRow(campaign, session.credentialId, page.dropped),
  ]);
  const row = await trx('patreon_campaigns').where({ patreon_id: campaign.id }).first('id');
  return { campaignId: row.id, counts };
}

export function membersList(session: SyncSession, campaign: { id: number; patreonId: string }): ListResource<Member> {
  let pledgeHistory = true;
  let count: number | undefined;
  return {
    resource: 'members',
    type: 'member',
    table: 'patreon_members',
    async fetch(page) {
      const answer = await session.client.listMembers(campaign.patreonId, { ...page, count, pledgeHistory });
      // What was too heavy for this page would be for the next: begin that where this one ended.
      if (answer.omitted.includes('pledge_history')) {
        pledgeHistory = false;
        count = undefined;
      } else count = answer.requestedCount ?? undefined;
      return { ...answer, omitted: pledgeHistory ? answer.omitted : ['pledge_history'] };
    },
    store: (trx, page) => storeMembers(session.context, trx, campaign.id, page),
  };
}

export function postsList(session: SyncSession, campaign: { id: number; patreonId: string }): ListResource<Post> {
  return {
    resource: 'posts',
    type: 'post',
    table: 'patreon_posts',
    fetch: (page) => session.client.listPosts(campaign.patreonId, page),
    store: (trx, page) =>
      upsertMany(
        trx,
        { table: 'patreon_posts', key: MEMBER_KEY, readSeq: page.readSeq },
        page.items.map((post) => postRow(post, campaign.id, page.dropped)),
      ),
  };
}

/** Members with their pledge events and addresses: at most four statements a page, whatever its size. */
async function storeMembers(
  context: Context,
  trx: Knex.Transaction,
  campaignId: number,
  page: StoredPage<Member>,
): Promise<UpsertCounts> {
  const { items, readSeq, dropped } = page;
  const counts = await upsertMany(
    trx,
    { table: 'patreon_members', key: MEMBER_KEY, readSeq },
    items.map((member) => memberRow(member, campaignId, dropped)),
  );
  const rows = await trx('patreon_members')
    .where({ campaign_id: campaignId })
    .whereRaw('patreon_id = any(?::text[])', [items.map((m) => m.id)])
    .select('id', 'patreon_id');
  const memberIds = new Map<string, number>(rows.map((r) => [r.patreon_id, r.id]));
  await upsertMany(
    trx,
    { table: 'pledge_events', key: ['campaign_id', 'member_id', 'patreon_id'], readSeq },
    pledgeEventRows(items, campaignId, memberIds),
  );
  await storeAddresses(context, trx, campaignId, memberIds, page);
  return counts;
}

async function storeAddresses(
  context: Context,
  trx: Knex.Transaction,
  campaignId: number,
  memberIds: ReadonlyMap<string, number>,
  { items, readSeq }: StoredPage<Member>,
): Promise<void> {
  const told = items.filter((m) => !m.missing_relationships.includes('address'));
  const ids = (members: Member[]) => members.map((m) => memberIds.get(m.id)).filter((id) => id !== undefined);
  const withAddress = told.filter((m) => m.address !== null);
  const without = ids(told.filter((m) => m.address_id === null));
  if (without.length > 0) {
    await trx('member_addresses')
      .whereRaw('member_id = any(?::bigint[])', [without])
      .where('read_seq', '<', readSeq)
      .delete();
  }
  if (withAddress.length === 0) return;
  const known = new Map<number, string>(
    (
      await trx('member_addresses')
        .whereRaw('member_id = any(?::bigint[])', [ids(withAddress)])
        .select('member_id', 'address_digest')
    ).map((r) => [r.member_id, r.address_digest]),
  );
  const rows = withAddress.flatMap((member) => {
    const member_id = memberIds.get(member.id) as number;
    const { id: patreon_id, ...attributes } = member.address as NonNullable<Member['address']>;
    const place = `member_addresses|address|${member_id}`;
    const plain = JSON.stringify(attributes);
    const address_digest = context.secrets.digest(plain, place);
    // Sealing the same text twice gives two texts: only what changed is sealed again.
    if (known.get(member_id) === address_digest) return [];
    return [
      { member_id, campaign_id: campaignId, patreon_id, address: context.secrets.seal(plain, place), address_digest },
    ];
  });
  await upsertMany(trx, { table: 'member_addresses', key: ['member_id'], readSeq }, rows);
}
