import type { Knex } from 'knex';
import { NotFoundError } from '../../errors';
import { resolveSiteUrl } from '../../patreon/site-url';
import { Staff } from '../accounts/staff.model';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { listCandidates } from './plan-decisions.service';
import { FIELD_KINDS, type FieldKind, type FieldValue, PLANNED_FIELDS, typedForm } from './plan-fields';
import { type PlannedChange, valuesByPlan } from './planned-change.model';
import type { PlannedValue } from './planned-value.model';
import { countMembersOn } from './tier-plans.service';

/** One field of a plan as pages show it. */
export interface ShownValue extends Pick<PlannedValue, 'field' | 'base' | 'wanted' | 'state' | 'settled_at'> {
  kind: FieldKind;
  /** What Patreon says now. */
  now: FieldValue;
  /** As it is to be typed on Patreon; null where a box is left empty or ticked. */
  copied: string | null;
}

/** What a plan is about, in words that the templates put together. */
export interface PlanSubject {
  /** Title of the tier, name of the campaign; may be empty. */
  name: string;
  campaign: PatreonCampaign;
  campaignTitle: string;
  tier: PatreonTier | undefined;
}

/** Everything that the sheet of one plan shows. @throws NotFoundError once its campaign is removed */
export async function readPlan(plan: PlannedChange, knex: Knex) {
  const [rows] = await readPlans([plan], knex);
  if (!rows) throw new NotFoundError();
  const { subject, values } = rows;
  const { tier, campaign } = subject;
  const [candidates, names, membersOn] = await Promise.all([
    listCandidates(plan, knex),
    Staff.listNames([plan.created_by, plan.handed_off_by, plan.settled_by], knex),
    plan.action === 'delete' && plan.isWaiting && tier ? countMembersOn(tier, knex) : 0,
  ]);
  const gone = campaign.gone_at ? 'campaign' : tier?.gone_at ? 'tier' : undefined;
  const patreonHref = resolveSiteUrl(campaign.url);
  return { ...subject, plan, values, candidates, names, membersOn, gone, patreonHref };
}

/** The plans with their subjects and values, each in a handful of queries whatever their number. */
export async function readPlans(plans: readonly PlannedChange[], knex: Knex) {
  const campaigns = await PatreonCampaign.listByIds([...new Set(plans.map((plan) => plan.campaign_id))], knex);
  const tiers = await PatreonTier.query(knex).whereRaw('id = any(?::int[])', [plans.flatMap((p) => p.tier_id ?? [])]);
  const values = await valuesByPlan(
    plans.map(({ id }) => id),
    PLANNED_FIELDS,
    knex,
  );
  return plans.flatMap((plan) => {
    const campaign = campaigns.find(({ id }) => id === plan.campaign_id);
    // Removed between the two looks.
    if (!campaign) return [];
    const tier = tiers.find(({ id }) => id === plan.tier_id);
    const now = plan.resource === 'campaign' ? campaign : tier;
    const shown = (values.get(plan.id) ?? []).map((value) => shownValue(value, now, campaign.currency));
    const title = shown.find(({ field }) => field === 'title');
    const name = plan.resource === 'campaign' ? campaignName(campaign) : (tier?.title ?? String(title?.wanted ?? ''));
    const subject: PlanSubject = { name, campaign, campaignTitle: campaignName(campaign), tier };
    return { plan, subject, values: shown };
  });
}

export function shownValue(value: PlannedValue, now: object | undefined, currency: string | null): ShownValue {
  const { field, base, wanted, state, settled_at } = value;
  const typed = (one: FieldValue) => typedForm(field, one);
  const theirs = ((now as Record<string, FieldValue> | undefined)?.[field] ?? null) as FieldValue;
  const kind = FIELD_KINDS[field];
  const copied = copyText(kind, wanted, currency);
  return { field, kind, state, settled_at, wanted, base: typed(base), now: typed(theirs), copied };
}

/** Prices are typed on Patreon as people write them: 12.00, without their currency. */
function copyText(kind: FieldKind, wanted: FieldValue, currency: string | null): string | null {
  if (wanted === null || wanted === '' || typeof wanted === 'boolean') return null;
  if (kind !== 'money') return String(wanted);
  return (Number(wanted) / 100).toFixed(fractionDigits(currency));
}

/** Of yen there are no hundredths. */
function fractionDigits(currency: string | null): number {
  if (!currency || !/^[A-Z]{3}$/.test(currency)) return 2;
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}
