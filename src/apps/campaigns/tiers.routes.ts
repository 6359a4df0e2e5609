import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { createFormat } from '../../http/format';
import { parseListQuery } from '../../http/list-query';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { rowId } from '../../http/parse';
import { listView, viewList } from '../../http/view-list';
import { resolveSiteUrl } from '../../patreon/site-url';
import { PatreonBenefit } from './benefit.model';
import { campaignName, PatreonCampaign } from './campaign.model';
import { TIER_ATTRIBUTES } from './campaign-attributes';
import type { CampaignPlans } from './campaign-plans';
import { tierFilters } from './campaigns.schemas';
import { PatreonChange } from './change.model';
import { PatreonTier, PLACES, PUBLISHED_STATES } from './tier.model';
import { tierHistory } from './tier-history';

/** So many changes of a tier are told. */
const HISTORY = 50;
/** What every new patron changes. */
const OFTEN_CHANGED = ['patron_count', 'remaining', 'post_count'];

/** Tiers over all campaigns, of one campaign, and one by itself. */
export function tiersRoutes(context: Context, plans: CampaignPlans): Router {
  const router = Router();

  router.get('/patreon/tiers/', allow('tiers.read'), (req, res) => showList(req, res, { context, plans }));

  router.get('/patreon/campaigns/:id/tiers/', allow('tiers.read'), async (req, res) => {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), context.knex);
    if (!campaign) throw new NotFoundError();
    await showList(req, res, { context, plans }, campaign);
  });

  router.get('/patreon/tiers/:id/', allow('tiers.read'), async (req, res) => {
    const tier = await PatreonTier.findById(rowId(req.params.id), context.knex);
    const campaign = tier && (await PatreonCampaign.findById(tier.campaign_id, context.knex));
    if (!tier || !campaign) throw new NotFoundError();
    const title = tier.title || req.t('campaigns:tiers.untitled');
    const changes = await PatreonChange.listForRecord(
      { campaign_id: campaign.id, resource: 'tier', id: tier.id },
      { limit: HISTORY, besides: OFTEN_CHANGED },
      context.knex,
    );
    const words = { t: req.t, fmt: createFormat(req.locale, campaign.time_zone), currency: campaign.currency };
    res.view('tiers/show', {
      title,
      section: 'tiers',
      breadcrumbs: [...breadcrumbs(req, campaign, `/patreon/campaigns/${campaign.id}/tiers/`), { label: title }],
      tier,
      campaign,
      campaignTitle: campaignName(campaign),
      timeZone: campaign.time_zone,
      plan: await plans.ofTier(tier.id, context.knex),
      history: tierHistory(changes, words),
      isHistoryCut: changes.length === HISTORY,
      benefits: await PatreonBenefit.listByPatreonIds(campaign.id, tier.benefits, context.knex),
      patreonHref: resolveSiteUrl(tier.url),
      attributes: mirroredAttributes(tier, TIER_ATTRIBUTES, { picture: req.t('campaigns:picture') }),
    });
  });

  return router;
}

interface Shown {
  context: Context;
  plans: CampaignPlans;
}

async function showList(req: Request, res: Response, shown: Shown, campaign?: PatreonCampaign): Promise<void> {
  const { knex } = shown.context;
  const locals = {
    title: req.t('campaigns:tiers.title'),
    section: 'tiers',
    breadcrumbs: campaign && breadcrumbs(req, campaign),
    campaign,
    campaignName,
    name: campaign && campaignName(campaign),
    published: PUBLISHED_STATES,
    places: PLACES,
    campaignChoices: campaign ? [] : await PatreonCampaign.listChoices(knex),
  };
  await viewList(res, 'tiers', locals, () => readList(req, shown, campaign));
}

async function readList(req: Request, { context: { knex }, plans }: Shown, campaign?: PatreonCampaign) {
  const asked = campaign ? { ...req.query, campaign: '' } : req.query;
  const query = parseListQuery(tierFilters, PatreonTier.sorts, 'amount', asked);
  const { campaign: chosen, ...others } = query.filters;
  if (chosen !== undefined && !(await PatreonCampaign.findById(chosen, knex))) {
    throw new ValidationError({ campaign: 'list:problem.campaign' });
  }
  const filter = { ...others, campaignId: campaign?.id ?? chosen };
  const [page, total] = await Promise.all([
    PatreonTier.listPage(filter, query.order, query.position, knex),
    PatreonTier.countMatching(filter, knex),
  ]);
  const named = await PatreonCampaign.listByIds(
    page.rows.map((tier) => tier.campaign_id),
    knex,
  );
  const campaigns = new Map(named.map((row) => [row.id, row]));
  const tierPlans = await plans.listForTiers(
    page.rows.map((tier) => tier.id),
    knex,
  );
  return { ...listView(req.path, query, page, total), filters: query.filters, campaigns, tierPlans };
}

function breadcrumbs(req: Request, campaign: PatreonCampaign, href?: string) {
  return [
    { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
    { label: campaignName(campaign), href: `/patreon/campaigns/${campaign.id}/` },
    { label: req.t('shared:nav.tiers'), href },
  ];
}
