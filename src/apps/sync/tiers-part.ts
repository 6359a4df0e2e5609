import type { Knex } from 'knex';
import { failPoint } from '../../lib/fail-points';
import type { Campaign } from '../../patreon/resources';
import { storeTiers } from './campaign-store';
import { quarantine } from './list-pass';
import type { CampaignsPage } from './read-campaigns';
import { lockReads, stampSingleRead, standingOf } from './read-stamps';
import type { PartResult, SyncSession } from './sync-session';
import { concludeUnnamed } from './unnamed-tiers';

/** Stores the tiers and benefits that came with a campaign. Complete when the campaign named its tiers. */
export async function syncTiers(
  session: SyncSession,
  campaign: Campaign,
  campaignId: number,
  page: CampaignsPage,
): Promise<PartResult> {
  const named = new Set([
    ...campaign.tier_ids.map((id) => `tier ${id}`),
    ...campaign.benefit_ids.map((id) => `benefit ${id}`),
  ]);
  const rejected = page.rejected.filter(({ type, id }) => named.has(`${type} ${id}`));
  const target = { campaignId, resource: 'campaigns', patreonId: campaign.id } as const;
  await session.write(async (trx) => {
    await beginAgain(trx, session, campaignId);
    await lockReads(trx, target);
    // A refresh of this campaign meanwhile has stored its tiers as well.
    const isNewest = (await standingOf(trx, target, page)) === 'newest';
    const nothing = { created: 0, updated: 0, unchanged: campaign.tiers.length };
    const counts = isNewest ? await storeTiers(trx, campaignId, { campaign, ...page }) : nothing;
    if (isNewest) await stampSingleRead(trx, target, page);
    await quarantine(trx, session, campaignId, 'tiers', rejected);
    await session.addCounts(trx, campaignId, 'tiers', {
      ...counts,
      pages: 1,
      fetched: campaign.tiers.length,
      quarantined: rejected.length,
      reported_total: campaign.tier_ids.length,
    });
  });
  failPoint('tiers.stored');
  await concludeUnnamed(session, campaignId, { campaign, startSeq: page.startSeq }, (trx, gone) =>
    session.addCounts(trx, campaignId, 'tiers', { gone }),
  );
  return { complete: !campaign.missing_relationships.includes('tiers'), lacks: null };
}

/** A process that died between storing and finishing has counted already. */
async function beginAgain(trx: Knex.Transaction, { run }: SyncSession, campaignId: number): Promise<void> {
  const part = { run_id: run.id, campaign_id: campaignId, resource: 'tiers' };
  await trx('sync_quarantine').where(part).delete();
  const counts = { pages: 0, fetched: 0, created: 0, updated: 0, unchanged: 0, gone: 0, quarantined: 0 };
  await trx('sync_run_resources').where(part).update(counts);
}
