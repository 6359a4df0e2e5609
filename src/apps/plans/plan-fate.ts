import { type FieldValue, isSame, type PlannedField, type TierField } from './plan-fields';
import type { PlanState } from './planned-change.model';

export interface Fate {
  state: PlanState;
  /** Of a conflict: what Patreon says instead. */
  theirs: FieldValue;
}

/** What Patreon says of a tier or a campaign now; undefined once it is gone. */
export type Mirrored = Partial<Record<PlannedField, FieldValue>> | undefined;

/** What has become of one planned value. The same answer brings the same fate, however often it comes. */
export function fateOf(value: { field: PlannedField; base: FieldValue; wanted: FieldValue }, now: Mirrored): Fate {
  if (!now) return { state: 'conflict', theirs: null };
  const theirs = now[value.field] ?? null;
  if (isSame(value.field, theirs, value.wanted)) return { state: 'applied', theirs: null };
  if (isSame(value.field, theirs, value.base)) return { state: 'open', theirs: null };
  return { state: 'conflict', theirs };
}

export interface NewTier extends Record<TierField, FieldValue> {
  id: number;
  campaign_id: number;
}

export interface AwaitedTier {
  id: number;
  campaign_id: number;
  known_tier_id: number;
  wanted: Partial<Record<PlannedField, FieldValue>>;
}

export interface Arrivals {
  /** Tier by plan, where nobody can doubt it. */
  matched: Map<number, number>;
  /** Plans for which somebody has to say which tier it is. */
  doubtful: Set<number>;
}

/**
 * Which of the tiers that have come are the planned ones: the only one with the planned title and price, that no other
 * plan awaits. Anything less is for people to decide.
 */
export function matchArrivals(plans: readonly AwaitedTier[], tiers: readonly NewTier[]): Arrivals {
  const has = (plan: AwaitedTier, tier: NewTier, field: TierField) =>
    isSame(field, tier[field], plan.wanted[field]) && plan.wanted[field] !== undefined;
  const comes = (plan: AwaitedTier, tier: NewTier) =>
    tier.campaign_id === plan.campaign_id && tier.id > plan.known_tier_id && has(plan, tier, 'title');
  const isExact = (plan: AwaitedTier, tier: NewTier) => comes(plan, tier) && has(plan, tier, 'amount_cents');
  const matched = new Map<number, number>();
  const doubtful = new Set<number>();
  for (const plan of plans) {
    const exact = tiers.filter((tier) => isExact(plan, tier));
    const [only] = exact;
    const isAwaitedTwice = only && plans.some((other) => other !== plan && isExact(other, only));
    if (only && exact.length === 1 && !isAwaitedTwice) matched.set(plan.id, only.id);
    else if (tiers.some((tier) => comes(plan, tier))) doubtful.add(plan.id);
  }
  return { matched, doubtful };
}
