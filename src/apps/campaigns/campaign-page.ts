import type { Request } from 'express';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { renderMarkdown } from '../../lib/markdown';
import { resolveSiteUrl } from '../../patreon/site-url';
import { PatreonBenefit } from './benefit.model';
import { campaignName, type PatreonCampaign } from './campaign.model';
import { CAMPAIGN_ATTRIBUTES, CREATOR_ATTRIBUTES, creatorOf } from './campaign-attributes';
import { listCampaignFigures } from './campaign-figures';
import { readMovements } from './campaign-movements';
import type { CampaignPlans } from './campaign-plans';
import { CampaignSettings } from './campaign-settings.model';
import { readStatistics } from './campaign-statistics.service';
import { findLastSync } from './last-sync';
import { joinedByMonth, membersByCadence, membersByTier } from './statistics-rows';
import { PatreonTier } from './tier.model';

/** What campaign pages show of posts. The posts app stands to the right of this one, so it is handed in. */
export interface CampaignPosts {
  listRecent(campaignId: number, limit: number, db: Knex): Promise<RecentPost[]>;
  countByCampaign(campaignIds: readonly number[], db: Knex): Promise<Map<number, number>>;
}
interface RecentPost {
  id: number;
  title: string | null;
  published_at: string | null;
}

/** What every page of one campaign needs. */
export function campaignLocals(req: Request, campaign: PatreonCampaign, crumb?: string) {
  const name = campaignName(campaign);
  const here = `/patreon/campaigns/${campaign.id}/`;
  return {
    title: crumb === undefined ? name : `${crumb} · ${name}`,
    section: 'campaigns',
    breadcrumbs: [
      { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
      ...(crumb === undefined ? [{ label: name }] : [{ label: name, href: here }, { label: crumb }]),
    ],
    campaign,
    name,
    timeZone: campaign.time_zone,
    patreonHref: resolveSiteUrl(campaign.url),
  };
}

export async function overviewLocals(
  req: Request,
  { knex, clock }: Context,
  campaign: PatreonCampaign,
  { posts, plans }: { posts: CampaignPosts; plans: CampaignPlans },
) {
  const { id } = campaign;
  const words = { picture: req.t('campaigns:picture') };
  const [figures, tiers, benefits, recentPosts, postCounts, movements, lastSync, settings, plan, planCounts] =
    await Promise.all([
      listCampaignFigures([id], knex),
      PatreonTier.listByCampaign(id, knex),
      PatreonBenefit.listByCampaign(id, knex, 12),
      posts.listRecent(id, 5, knex),
      posts.countByCampaign([id], knex),
      readMovements(id, clock.now(), knex),
      findLastSync(id, knex),
      CampaignSettings.findByCampaign(id, knex),
      plans.ofCampaign(id, knex),
      plans.countWaiting([id], knex),
    ]);
  return {
    figures: figures(id),
    tiers,
    tierPlans: await plans.listForTiers(
      tiers.map((tier) => tier.id),
      knex,
    ),
    plan,
    planCount: planCounts.get(id) ?? 0,
    benefits,
    recentPosts,
    postCount: postCounts.get(id) ?? 0,
    movements,
    lastSync,
    settings,
    notesHtml: settings?.notes ? renderMarkdown(settings.notes, words) : '',
    attributes: mirroredAttributes(campaign, CAMPAIGN_ATTRIBUTES, words),
    creatorAttributes: mirroredAttributes(creatorOf(campaign), CREATOR_ATTRIBUTES, words),
  };
}

export async function statisticsLocals(context: Context, campaign: PatreonCampaign) {
  const { knex, clock } = context;
  const figures = (await listCampaignFigures([campaign.id], knex))(campaign.id);
  const [{ counts, countedAt, isCounting }, tiers] = await Promise.all([
    readStatistics(context, campaign.id, figures.members),
    PatreonTier.listByCampaign(campaign.id, knex),
  ]);
  const rows = counts && {
    tiers: membersByTier(counts, tiers),
    cadences: membersByCadence(counts),
    months: joinedByMonth(counts, clock.now()),
  };
  return { figures, rows, countedAt, isCounting };
}
