import { type Request, type Response, Router } from 'express';
import type { z } from 'zod';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { type PlanRecord, planEdit } from './plan-edit.service';
import { CAMPAIGN_FIELDS, type PlannedField, TIER_FIELDS } from './plan-fields';
import { deletionPage, formPage, type PlanForm } from './plan-form';
import type { PlanWishes } from './plan-wishes';
import { PlannedChange } from './planned-change.model';
import { campaignPlanForm, errandForm, newTierForm, tierPlanForm } from './plans.schemas';
import { planNewTier, planTierDeletion } from './tier-plans.service';
import { touchedFields } from './touched-fields';

/** Where changes of tiers and campaigns are planned. */
export function planFormsRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  const newTier = async (req: Request): Promise<PlanForm> => {
    const campaign = await findCampaign(req);
    return { action: 'create', campaign, fields: TIER_FIELDS, address: req.path };
  };
  router.get('/patreon/campaigns/:id/tiers/create/', allow('plans.write'), async (req, res) =>
    formPage(req, res, context, await newTier(req)),
  );
  router.post('/patreon/campaigns/:id/tiers/create/', allow('plans.write'), async (req, res) => {
    const form = await newTier(req);
    await submit(req, res, form, () => planNewTier(context, form, newTierWishes(req), actorOf(req)));
  });

  router.get('/patreon/plans/:id/edit/', allow('plans.write'), async (req, res) => {
    const plan = await findPlan(req);
    if (!plan.isWaiting) return res.redirect(303, `/patreon/plans/${plan.id}/`);
    const address = formAddress(plan);
    if (address !== req.path) return res.redirect(303, address);
    await formPage(req, res, context, await plannedTier(req, plan));
  });
  router.post('/patreon/plans/:id/edit/', allow('plans.write'), async (req, res) => {
    const plan = await findPlan(req);
    const form = await plannedTier(req, plan);
    const place = { campaign: form.campaign, planId: plan.id };
    await submit(req, res, form, () => planNewTier(context, place, newTierWishes(req), actorOf(req)));
  });

  const tierEdit = async (req: Request): Promise<PlanForm & PlanRecord> => {
    const record = await findTier(req);
    return { action: 'edit', ...record, fields: TIER_FIELDS, address: req.path };
  };
  router.get('/patreon/tiers/:id/edit/', allow('plans.write'), async (req, res) =>
    formPage(req, res, context, await tierEdit(req)),
  );
  router.post('/patreon/tiers/:id/edit/', allow('plans.write'), async (req, res) => {
    const form = await tierEdit(req);
    await submit(req, res, form, () => planEdit(context, form, wishesOf(tierPlanForm, req), actorOf(req)));
  });

  router.get('/patreon/tiers/:id/delete/', allow('plans.write'), async (req, res) =>
    deletionPage(req, res, context, { ...(await findTier(req)), errors: {} }),
  );
  router.post('/patreon/tiers/:id/delete/', allow('plans.write'), async (req, res) => {
    const record = await findTier(req);
    try {
      const { reason, dueOn } = wishesOf(errandForm, req);
      const id = await planTierDeletion(context, record, { reason, dueOn }, actorOf(req));
      planned(req, res, id);
    } catch (error) {
      await deletionPage(req, res, context, { ...record, errors: formMessages(req, error) }, 422);
    }
  });

  const texts = async (req: Request): Promise<PlanForm & PlanRecord> => {
    const campaign = await findCampaign(req);
    return { action: 'edit', campaign, fields: CAMPAIGN_FIELDS, address: req.path };
  };
  router.get('/patreon/campaigns/:id/edit/texts/', allow('plans.write'), async (req, res) =>
    formPage(req, res, context, await texts(req)),
  );
  router.post('/patreon/campaigns/:id/edit/texts/', allow('plans.write'), async (req, res) => {
    const form = await texts(req);
    await submit(req, res, form, () => planEdit(context, form, wishesOf(campaignPlanForm, req), actorOf(req)));
  });

  async function submit(req: Request, res: Response, form: PlanForm, plan: () => Promise<number>): Promise<void> {
    try {
      planned(req, res, await plan());
    } catch (error) {
      await formPage(req, res, context, form, { errors: formMessages(req, error) });
    }
  }

  async function findCampaign(req: Request): Promise<PatreonCampaign> {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), knex);
    if (!campaign) throw new NotFoundError();
    return campaign;
  }

  async function findTier(req: Request): Promise<{ campaign: PatreonCampaign; tier: PatreonTier }> {
    const tier = await PatreonTier.findById(rowId(req.params.id), knex);
    const campaign = tier && (await PatreonCampaign.findById(tier.campaign_id, knex));
    if (!tier || !campaign) throw new NotFoundError();
    return { tier, campaign };
  }

  async function findPlan(req: Request): Promise<PlannedChange> {
    const plan = await PlannedChange.findById(rowId(req.params.id), knex);
    if (!plan) throw new NotFoundError();
    return plan;
  }

  async function plannedTier(req: Request, plan: PlannedChange): Promise<PlanForm> {
    const campaign = await PatreonCampaign.findById(plan.campaign_id, knex);
    if (!campaign || plan.action !== 'create') throw new NotFoundError();
    return { action: 'create', campaign, plan, fields: TIER_FIELDS, address: req.path };
  }

  return router;
}

/** Where a plan is changed; only a tier that is not there yet has no form of its own. */
function formAddress({ id, resource, action, tier_id, campaign_id }: PlannedChange): string {
  if (resource === 'campaign') return `/patreon/campaigns/${campaign_id}/edit/texts/`;
  if (tier_id === null) return `/patreon/plans/${id}/edit/`;
  return `/patreon/tiers/${tier_id}/${action === 'delete' ? 'delete' : 'edit'}/`;
}

type Parsed = Partial<Record<PlannedField, string | number | boolean | null>> & {
  reason?: string;
  due_on?: string | null;
};

function wishesOf(schema: z.ZodType<Parsed>, req: Request): PlanWishes {
  return asWishes(parseForm(schema, touchedFields(bodyOf(req), bodyOf(req))));
}

/** A new tier is refused as a whole. */
function newTierWishes(req: Request): PlanWishes {
  return asWishes(touchedFields(parseForm(newTierForm, req.body), bodyOf(req)));
}

const bodyOf = (req: Request) => (req.body ?? {}) as Record<string, unknown>;

function asWishes({ reason, due_on, ...values }: Parsed): PlanWishes {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { values: Object.fromEntries(given), reason, dueOn: due_on };
}

function planned(req: Request, res: Response, id: number): void {
  req.flash('success', req.t('plans:planned'));
  res.redirect(303, `/patreon/plans/${id}/`);
}
