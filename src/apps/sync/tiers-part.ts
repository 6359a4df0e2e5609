import type { Knex } from 'knex';
import { type UpsertCounts, upsertMany } from '../../db/upsert-many';
import type { Campaign } from '../../patreon/resources';
import { quarantine } from './list-pass';
import { benefitRow, tierRow } from './mappers/campaign.mapper';
import type { CampaignsPage } from './read-campaigns';
import type { SyncSession } from './sync-session';

const KEY = ['campaign_id', 'patreon_id'] as const;

/** What comes with a campaign and nowhere else: it names all of them, and what it no longer names is gone. */
const WITH_CAMPAIGN = [
  { table: 'patreon_tiers', relationship: 'tiers', ids: (campaign: Campaign) => campaign.tier_ids },
  { table: 'patreon_benefits', relationship: 'benefits', ids: (campaign: Campaign) => campaign.benefit_ids },
] as const;

/** Stores the tiers and benefits that came with a campaign. Answers whether the campaign named its tiers. */
export async function syncTiers(
  session: SyncSession,
  campaign: Campaign,
  campaignId: number,
  page: CampaignsPage,
): Promise<boolean> {
  const named = new Set([
    ...campaign.tier_ids.map((id) => `tier ${id}`),
    ...campaign.benefit_ids.map((id) => `benefit ${id}`),
  ]);
  const rejected = page.rejected.filter(({ type, id }) => named.has(`${type} ${id}`));
  await session.lease.write(async (trx) => {
    const counts = await store(trx, campaign, campaignId, page);
    await quarantine(trx, session, campaignId, 'tiers', rejected);
    await session.addCounts(trx, campaignId, 'tiers', {
      ...counts,
      pages: 1,
      fetched: campaign.tiers.length,
      quarantined: rejected.length,
      reported_total: campaign.tier_ids.length,
    });
  });
  await concludeUnnamed(session, campaign, campaignId, page.readSeq);
  return !campaign.missing_relationships.includes('tiers');
}

async function store(
  trx: Knex.Transaction,
  campaign: Campaign,
  campaignId: number,
  { readSeq, dropped }: CampaignsPage,
): Promise<UpsertCounts> {
  const tiers = campaign.tiers.map((tier) => tierRow(tier, campaignId, dropped));
  const counts = await upsertMany(trx, { table: 'patreon_tiers', key: KEY, readSeq }, tiers);
  const benefits = campaign.benefits.map((benefit) => benefitRow(benefit, campaignId, dropped));
  await upsertMany(trx, { table: 'patreon_benefits', key: KEY, readSeq }, benefits);
  return counts;
}

/** Marks as gone what the campaign leaves out both in the list and when it is read by itself. */
async function concludeUnnamed(
  session: SyncSession,
  listed: Campaign,
  campaignId: number,
  readSeq: number,
): Promise<void> {
  if ((await unnamed(session.context.knex, listed, campaignId, readSeq)).length === 0) return;
  const { item: again } = await session.read((signal) => session.client.getCampaign(listed.id, { signal }));
  if (!again) return;
  await session.lease.write(async (trx) => {
    for (const { table, ids } of await unnamed(trx, listed, campaignId, readSeq)) {
      const entry = WITH_CAMPAIGN.find((known) => known.table === table);
      if (!entry || again.missing_relationships.includes(entry.relationship)) continue;
      const named = entry.ids(again);
      const gone = await trx(table)
        .whereIn('id', ids)
        .whereRaw('patreon_id <> all(?::text[])', [named])
        .update({ gone_at: trx.fn.now(), changed_at: trx.fn.now() });
      if (table === 'patreon_tiers') await session.addCounts(trx, campaignId, 'tiers', { gone });
    }
  });
}

/** The live rows that the campaign leaves out, by table; of a relationship that it does not tell about, none. */
async function unnamed(knex: Knex, campaign: Campaign, campaignId: number, readSeq: number) {
  const found: { table: string; ids: number[] }[] = [];
  for (const { table, relationship, ids } of WITH_CAMPAIGN) {
    if (campaign.missing_relationships.includes(relationship)) continue;
    const rows: number[] = await knex(table)
      .where({ campaign_id: campaignId })
      .whereNull('gone_at')
      .where('read_seq', '<', readSeq)
      .whereRaw('patreon_id <> all(?::text[])', [ids(campaign)])
      .pluck('id');
    if (rows.length > 0) found.push({ table, ids: rows });
  }
  return found;
}
