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
import { shownDigest, shownName } from './touched-fields';

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
  const typed = refused && typedValues(req, form.fields);
  const fields = form.fields.map((field) => {
    const now = typedForm(field, ((record as Record<string, FieldValue>)[field] ?? null) as FieldValue);
    const value = typed ? typed[field] : wanted.has(field) ? wanted.get(field) : now;
    return { field, kind: FIELD_KINDS[field], value, now, isPlanned: wanted.has(field) };
  });
  const errand = errandOf(req, plan, refused !== undefined);
  const locals = {
    ...pageLocals(req, form),
    ...errand,
    fields,
    shown: { ...shownOf(req, fields, refused !== undefined), ...errand.shown },
    plan,
    errors: refused?.errors ?? {},
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
  // Why a tier is to change is no reason to delete it.
  const known = plan?.action === 'delete' ? plan : undefined;
  const page = pageLocals(req, { ...record, action: 'edit' }, 'delete');
  const locals = {
    ...page,
    ...errandOf(req, known, status === 422),
    plan,
    errors,
    membersOn: await countMembersOn(tier, knex),
    today: todayIn(campaign, clock.now()),
  };
  res.view('plans/delete', locals, { status });
}

/** Reason and day of a plan; after a refusal what was typed. */
function errandOf(req: Request, plan: PlannedChange | undefined, isRefused: boolean) {
  const known = { reason: plan?.reason ?? '', due_on: plan?.due_on ?? '' };
  const { reason, due_on } = isRefused ? typedValues(req, ['reason', 'due_on']) : known;
  const fields = Object.entries(known).map(([field, value]) => ({ field, value }));
  return { reason, dueOn: due_on, shown: shownOf(req, fields, isRefused) };
}

/** What each field of the form showed at first, which a refusal does not change. */
function shownOf(
  req: Request,
  fields: readonly { field: string; value: unknown }[],
  isRefused: boolean,
): Record<string, string> {
  const sent = typedValues(
    req,
    fields.map(({ field }) => shownName(field)),
  );
  const shown = fields.map(({ field, value }) => [field, isRefused ? sent[shownName(field)] : shownDigest(value)]);
  return Object.fromEntries(shown);
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
