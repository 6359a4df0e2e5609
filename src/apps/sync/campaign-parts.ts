import type { Knex } from 'knex';
import type { Context } from '../../context';
import { type UpsertCounts, upsertMany } from '../../db/upsert-many';
import type { Page } from '../../patreon/client';
import type { Campaign, Member, Post } from '../../patreon/resources';
import type { ListResource, StoredPage } from './list-pass';
import { benefitRow, campaignRow, tierRow } from './mappers/campaign.mapper';
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

/**
 * Stores the tiers and benefits that came with a campaign. The campaign names all of them, so what it no longer names
 * is gone.
 */
export async function storeTiers(
  trx: Knex.Transaction,
  campaign: Campaign,
  campaignId: number,
  page: Pick<Page<Campaign>, 'dropped'> & { readSeq: number },
): Promise<UpsertCounts & { gone: number }> {
  const target = (table: string) => ({ table, key: MEMBER_KEY, readSeq: page.readSeq });
  const counts = await upsertMany(
    trx,
    target('patreon_tiers'),
    campaign.tiers.map((t) => tierRow(t, campaignId, page.dropped)),
  );
  await upsertMany(
    trx,
    target('patreon_benefits'),
    campaign.benefits.map((b) => benefitRow(b, campaignId, page.dropped)),
  );
  const unnamed = async (table: string, named: readonly string[], relationship: 'tiers' | 'benefits') => {
    if (campaign.missing_relationships.includes(relationship)) return 0;
    return trx(table)
      .where({ campaign_id: campaignId })
      .whereNull('gone_at')
      .where('read_seq', '<', page.readSeq)
      .whereRaw('patreon_id <> all(?::text[])', [[...named]])
      .update({ gone_at: trx.fn.now(), changed_at: trx.fn.now() });
  };
  const gone = await unnamed('patreon_tiers', campaign.tier_ids, 'tiers');
  await unnamed('patreon_benefits', campaign.benefit_ids, 'benefits');
  return { ...counts, gone };
}

export function membersList(session: SyncSession, campaign: { id: number; patreonId: string }): ListResource<Member> {
  return {
    resource: 'members',
    type: 'member',
    table: 'patreon_members',
    fetch: (page) => session.client.listMembers(campaign.patreonId, page),
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
    { table: 'pledge_events', key: MEMBER_KEY, readSeq },
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
