import type { Knex } from 'knex';
import { failPoint } from '../../lib/fail-points';
import type { Campaign } from '../../patreon/resources';
import { storeCampaign } from './campaign-store';
import { quarantine } from './list-pass';
import { requireCampaign } from './lost-connection';
import type { CampaignsPage } from './read-campaigns';
import { lockReads, stampSingleRead, standingOf } from './read-stamps';
import type { Resource } from './sync-run.model';
import type { SyncSession } from './sync-session';

export interface CampaignPart {
  campaignId: number;
  /** It was refreshed at the same moment: nobody can tell which answer is newer. */
  isContested: boolean;
}

/** The campaign itself, stored in one go. A refresh of it that is newer is left alone. */
export function campaignPart(session: SyncSession, campaign: Campaign, page: CampaignsPage): Promise<CampaignPart> {
  return session.write(async (trx) => {
    // Whoever lets go of campaigns locks the connection first, so this is the order here as well.
    await trx('patreon_credentials').where({ id: session.credentialId }).forKeyShare().first('id');
    await requireCampaign(trx, campaign.id, [session.credentialId]);
    const known = await trx('patreon_campaigns').where({ patreon_id: campaign.id }).first('id');
    if (known && !session.wants('campaigns')) return { campaignId: known.id, isContested: false };
    if (known && (await isFinished(trx, session, known.id, 'campaigns'))) {
      return { campaignId: known.id, isContested: false };
    }
    const standing = known ? await standingOfRead(trx, known.id, campaign, page) : 'newest';
    if (standing !== 'newest') {
      await begin(trx, session, known.id, 'campaigns');
      await finishCampaign(trx, session, known.id, { unchanged: 1, quarantined: 0 });
      return { campaignId: known.id, isContested: standing === 'overlapping' };
    }
    const { campaignId, counts } = await storeCampaign(trx, session.credentialId, { campaign, ...page });
    const rejected = page.rejected.filter(({ type, id }) => type === 'user' && id === campaign.creator_id);
    await stampSingleRead(trx, { campaignId, resource: 'campaigns', patreonId: campaign.id }, page);
    await begin(trx, session, campaignId, 'campaigns');
    await quarantine(trx, session, campaignId, 'campaigns', rejected);
    await finishCampaign(trx, session, campaignId, { ...counts, quarantined: rejected.length });
    failPoint('campaign.stored');
    return { campaignId, isContested: false };
  });
}

async function standingOfRead(
  trx: Knex.Transaction,
  campaignId: number,
  campaign: Campaign,
  page: CampaignsPage,
): ReturnType<typeof standingOf> {
  const target = { campaignId, resource: 'campaigns', patreonId: campaign.id } as const;
  await lockReads(trx, target);
  return standingOf(trx, target, page);
}

async function finishCampaign(
  trx: Knex.Transaction,
  session: SyncSession,
  campaignId: number,
  counts: { unchanged: number; quarantined: number },
): Promise<void> {
  await session.addCounts(trx, campaignId, 'campaigns', { ...counts, pages: 1, fetched: 1, reported_total: 1 });
  await partOf(trx, session, campaignId, 'campaigns').update({
    state: 'succeeded',
    complete: true,
    finished_at: trx.fn.now(),
  });
}

export const partOf = (knex: Knex, { run }: SyncSession, campaignId: number, resource: Resource) =>
  knex('sync_run_resources').where({ run_id: run.id, campaign_id: campaignId, resource });

/** A part that another process began goes on. */
export async function begin(knex: Knex, { run }: SyncSession, campaignId: number, resource: Resource): Promise<void> {
  await knex('sync_run_resources')
    .insert({ run_id: run.id, campaign_id: campaignId, resource })
    .onConflict(['run_id', 'campaign_id', 'resource'])
    .ignore();
}

export async function isFinished(
  knex: Knex,
  session: SyncSession,
  campaignId: number,
  resource: Resource,
): Promise<boolean> {
  const row = await partOf(knex, session, campaignId, resource).whereNot({ state: 'running' }).first('state');
  return row !== undefined;
}
