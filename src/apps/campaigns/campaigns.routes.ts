import { type Request, Router } from 'express';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { parseListQuery } from '../../http/list-query';
import { rowId } from '../../http/parse';
import { listView, viewList } from '../../http/view-list';
import { benefitsRoutes } from './benefits.routes';
import { campaignName, PatreonCampaign } from './campaign.model';
import { listCampaignFigures } from './campaign-figures';
import { type CampaignPosts, campaignLocals, overviewLocals, statisticsLocals } from './campaign-page';
import type { CampaignPlans } from './campaign-plans';
import { campaignFilters } from './campaigns.schemas';
import { IgnoredCampaign } from './ignored-campaign.model';
import { PatreonTier } from './tier.model';
import { tiersRoutes } from './tiers.routes';

export type { CampaignPosts } from './campaign-page';

/** Campaigns with their tiers and benefits. */
export function campaignsRoutes(context: Context, posts: CampaignPosts, plans: CampaignPlans): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/campaigns/', allow('campaigns.read'), async (req, res) => {
    const ignored = await IgnoredCampaign.list(knex);
    const locals = { title: req.t('campaigns:list.title'), section: 'campaigns', campaignName, ignored };
    await viewList(res, 'campaigns', locals, () => readList(req, knex, { posts, plans }));
  });

  router.get('/patreon/campaigns/:id/', allow('campaigns.read'), async (req, res) => {
    const campaign = await findCampaign(req);
    const parts = await overviewLocals(req, context, campaign, { posts, plans });
    res.view('campaigns/show', { ...campaignLocals(req, campaign), ...parts });
  });

  router.get('/patreon/campaigns/:id/statistics/', allow('campaigns.read'), async (req, res) => {
    const campaign = await findCampaign(req);
    const locals = campaignLocals(req, campaign, req.t('campaigns:tab.statistics'));
    const statistics = await statisticsLocals(context, campaign);
    res.view('campaigns/statistics', { ...locals, ...statistics }, { fragment: 'campaigns/_statistics' });
  });

  async function findCampaign(req: Request): Promise<PatreonCampaign> {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), knex);
    if (!campaign) throw new NotFoundError();
    return campaign;
  }

  router.use(tiersRoutes(context, plans));
  router.use(benefitsRoutes(context));
  return router;
}

async function readList(req: Request, knex: Knex, { posts, plans }: { posts: CampaignPosts; plans: CampaignPlans }) {
  // Who may not see money must not learn it from an order either.
  const sorts = req.can('money.read') ? PatreonCampaign.moneySorts : PatreonCampaign.sorts;
  const query = parseListQuery(campaignFilters, sorts, 'name', req.query);
  const page = await PatreonCampaign.listPage(query.filters, query.order, query.position, knex);
  const ids = page.rows.map((campaign) => campaign.id);
  const [count, figures, tierCounts, postCounts, planCounts] = await Promise.all([
    PatreonCampaign.count(query.filters, knex),
    listCampaignFigures(ids, knex),
    PatreonTier.countByCampaign(ids, knex),
    posts.countByCampaign(ids, knex),
    plans.countWaiting(ids, knex),
  ]);
  const total = { count, capped: false };
  return {
    ...listView(req.path, query, page, total),
    filters: query.filters,
    figures,
    tierCounts,
    postCounts,
    planCounts,
  };
}
