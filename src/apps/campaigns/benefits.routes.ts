import { type Request, Router } from 'express';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { parseListQuery } from '../../http/list-query';
import { listView, viewList } from '../../http/view-list';
import { BENEFIT_STATES, PatreonBenefit } from './benefit.model';
import { campaignName, PatreonCampaign } from './campaign.model';
import { benefitFilters } from './campaigns.schemas';
import { PatreonTier } from './tier.model';

/** What tiers promise, over all campaigns. */
export function benefitsRoutes({ knex }: Context): Router {
  const router = Router();

  router.get('/patreon/benefits/', allow('tiers.read'), async (req, res) => {
    const locals = {
      title: req.t('tierDetails:benefits.title'),
      section: 'tiers',
      breadcrumbs: [
        { label: req.t('shared:nav.tiers'), href: '/patreon/tiers/' },
        { label: req.t('tierDetails:benefits.title') },
      ],
      campaignName,
      states: BENEFIT_STATES,
      campaignChoices: await PatreonCampaign.listChoices(knex),
    };
    await viewList(res, 'benefits', locals, () => readList(req, knex));
  });

  return router;
}

async function readList(req: Request, knex: Knex) {
  const query = parseListQuery(benefitFilters, PatreonBenefit.sorts, 'title', req.query);
  const { campaign: campaignId, q, state } = query.filters;
  if (campaignId !== undefined && !(await PatreonCampaign.findById(campaignId, knex))) {
    throw new ValidationError({ campaign: 'list:problem.campaign' });
  }
  const filter = { campaignId, q, state };
  const [page, total] = await Promise.all([
    PatreonBenefit.listPage(filter, query.order, query.position, knex),
    PatreonBenefit.countMatching(filter, knex),
  ]);
  const [named, tiersOf] = await Promise.all([
    PatreonCampaign.listByIds(
      page.rows.map((benefit) => benefit.campaign_id),
      knex,
    ),
    PatreonTier.listByBenefits(page.rows, knex),
  ]);
  const campaigns = new Map(named.map((row) => [row.id, row]));
  return { ...listView(req.path, query, page, total), filters: query.filters, campaigns, tiersOf };
}
