import { type Request, Router } from 'express';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { parseListQuery } from '../../http/list-query';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { rowId } from '../../http/parse';
import { listView, viewList } from '../../http/view-list';
import { resolveSiteUrl } from '../../patreon/site-url';
import { PatreonBenefit } from './benefit.model';
import { campaignName, PatreonCampaign } from './campaign.model';
import { CAMPAIGN_ATTRIBUTES, CREATOR_ATTRIBUTES, creatorOf } from './campaign-attributes';
import { listCampaignFigures } from './campaign-figures';
import { campaignFilters } from './campaigns.schemas';
import { PatreonTier } from './tier.model';
import { tiersRoutes } from './tiers.routes';

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

/** Campaigns with their tiers and benefits. */
export function campaignsRoutes(context: Context, posts: CampaignPosts): Router {
  const router = Router();

  router.get('/patreon/campaigns/', allow('campaigns.read'), async (req, res) => {
    const locals = { title: req.t('campaigns:list.title'), section: 'campaigns', campaignName };
    await viewList(res, 'campaigns', locals, () => readList(req, context.knex, posts));
  });

  router.get('/patreon/campaigns/:id/', allow('campaigns.read'), async (req, res) => {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), context.knex);
    if (!campaign) throw new NotFoundError();
    const name = campaignName(campaign);
    const words = { picture: req.t('campaigns:picture') };
    res.view('campaigns/show', {
      title: name,
      section: 'campaigns',
      breadcrumbs: [{ label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' }, { label: name }],
      campaign,
      patreonHref: resolveSiteUrl(campaign.url),
      attributes: mirroredAttributes(campaign, CAMPAIGN_ATTRIBUTES, words),
      creatorAttributes: mirroredAttributes(creatorOf(campaign), CREATOR_ATTRIBUTES, words),
      ...(await readParts(campaign.id, context.knex, posts)),
    });
  });

  router.use(tiersRoutes(context));
  return router;
}

async function readList(req: Request, knex: Knex, posts: CampaignPosts) {
  const query = parseListQuery(campaignFilters, PatreonCampaign.sorts, 'name', req.query);
  const page = await PatreonCampaign.listPage(query.filters, query.order, query.position, knex);
  const ids = page.rows.map((campaign) => campaign.id);
  const [count, figures, tierCounts, postCounts] = await Promise.all([
    PatreonCampaign.count(query.filters, knex),
    listCampaignFigures(ids, knex),
    PatreonTier.countByCampaign(ids, knex),
    posts.countByCampaign(ids, knex),
  ]);
  const total = { count, capped: false };
  return { ...listView(req.path, query, page, total), filters: query.filters, figures, tierCounts, postCounts };
}

async function readParts(campaignId: number, knex: Knex, posts: CampaignPosts) {
  const [figures, tiers, benefits, recentPosts, postCounts] = await Promise.all([
    listCampaignFigures([campaignId], knex),
    PatreonTier.listByCampaign(campaignId, knex),
    PatreonBenefit.listByCampaign(campaignId, knex),
    posts.listRecent(campaignId, 5, knex),
    posts.countByCampaign([campaignId], knex),
  ]);
  return { figures: figures(campaignId), tiers, benefits, recentPosts, postCount: postCounts.get(campaignId) ?? 0 };
}
