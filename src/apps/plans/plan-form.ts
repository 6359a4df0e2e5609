import type { Request, Response } from 'express';
import type { Context } from '../../context';
import { typedValues } from '../../http/form-messages';
import { campaignName, type PatreonCampaign } from '../campaigns/campaign.model';
import type { PatreonTier } from '../campaigns/tier.model';
import { findWaiting, waitingValues } from './plan-edit.service';
import { FIELD_KINDS, type FieldValue, type PlannedField, typedForm } from './plan-fields';
import { todayIn } from './plan-wishes';
import { PlannedChange } from './planned-change.model';
import { countMembersOn } from './tier-plans.service';

/** A form in which a change is planned. */
export interface PlanForm {
  action: 'create' | 'edit';
  campaign: PatreonCampaign;
  /** Of an edit; without it the campaign itself is edited. */
  tier?: PatreonTier | undefined;
  /** The plan of a new tier that is changed. */
  plan?: PlannedChange;
  fields: readonly PlannedField[];
  address: string;
}

/** Shows what is wanted already, else what Patreon says; after a refusal what was typed, as a 422. */
export async function formPage(
  req: Request,
  res: Response,
  context: Context,
  form: PlanForm,
  refused?: { errors: Record<string, string> },
): Promise<void> {
  const { campaign, tier, action } = form;
  const plan = form.plan ?? (action === 'edit' ? await findWaiting({ campaign, tier }, context.knex) : undefined);
  const waiting = plan ? await waitingValues(plan, context.knex) : [];
  const record: object = action === 'edit' ? (tier ?? campaign) : {};
  const wanted = new Map(waiting.map((value) => [value.field, value.wanted]));
  const typed = refused && typedValues(req, [...form.fields, 'reason', 'due_on']);
  const fields = form.fields.map((field) => {
    const now = typedForm(field, ((record as Record<string, FieldValue>)[field] ?? null) as FieldValue);
    const value = typed ? typed[field] : wanted.has(field) ? wanted.get(field) : now;
    return { field, kind: FIELD_KINDS[field], value, now, isPlanned: wanted.has(field) };
  });
  const locals = {
    ...pageLocals(req, form),
    fields,
    plan,
    errors: refused?.errors ?? {},
    reason: typed?.reason ?? plan?.reason ?? '',
    dueOn: typed?.due_on ?? plan?.due_on ?? '',
    today: todayIn(campaign, context.clock.now()),
  };
  res.view('plans/form', locals, { status: refused ? 422 : 200 });
}

export async function deletionPage(
  req: Request,
  res: Response,
  { knex, clock }: Context,
  record: { campaign: PatreonCampaign; tier: PatreonTier; errors: Record<string, string> },
  status = 200,
): Promise<void> {
  const { campaign, tier, errors } = record;
  const plan = await PlannedChange.findWaitingForTier(tier.id, knex);
  const typed = status === 422 ? typedValues(req, ['reason', 'due_on']) : undefined;
  // Why a tier is to change is no reason to delete it.
  const known = plan?.action === 'delete' ? plan : undefined;
  const page = pageLocals(req, { ...record, action: 'edit' }, 'delete');
  const locals = {
    ...page,
    plan,
    errors,
    membersOn: await countMembersOn(tier, knex),
    reason: typed?.reason ?? known?.reason ?? '',
    dueOn: typed?.due_on ?? known?.due_on ?? '',
    today: todayIn(campaign, clock.now()),
  };
  res.view('plans/delete', locals, { status });
}

function pageLocals(
  req: Request,
  { campaign, tier, action, address = '' }: Pick<PlanForm, 'campaign' | 'tier' | 'action'> & { address?: string },
  page: 'create' | 'edit' | 'delete' = action,
) {
  const resource = tier || page === 'create' ? 'tier' : 'campaign';
  const campaignTitle = campaignName(campaign);
  const here = `/patreon/campaigns/${campaign.id}/`;
  const tierTitle = tier && (tier.title || req.t('campaigns:tiers.untitled'));
  const title = req.t(`plans:form.title.${resource}.${page}`, { name: tierTitle ?? campaignTitle });
  return {
    title,
    section: resource === 'tier' ? 'tiers' : 'campaigns',
    breadcrumbs: [
      { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
      { label: campaignTitle, href: here },
      ...(tier ? [{ label: tierTitle, href: `/patreon/tiers/${tier.id}/` }] : []),
      { label: req.t(`plans:form.crumb.${page}`) },
    ],
    resource,
    campaign,
    campaignTitle,
    tier,
    address,
    back: tier ? `/patreon/tiers/${tier.id}/` : resource === 'tier' ? `${here}tiers/` : `${here}edit/`,
  };
}
