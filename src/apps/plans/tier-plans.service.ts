import type { Knex } from 'knex';
import type { Context } from '../../context';
import type { Actor } from '../accounts/audit.service';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { PatreonMember } from '../members/member.model';
import { discardRows } from './plan-discarding';
import { TIER_FIELDS } from './plan-fields';
import { lockPlans, putValues, type ValueRow } from './plan-rows';
import { settlePlans } from './plan-settling.service';
import { checkDay, findLiveCampaign, insertPlan, type PlanWishes, recordPlan, refuse, updatePlan } from './plan-wishes';
import { PlannedChange } from './planned-change.model';
import { PlannedValue } from './planned-value.model';

/** New tiers that wait at the same time, for each campaign. */
const MOST_NEW_TIERS = 50;

/**
 * Plans a tier that Patreon does not have yet, or changes such a plan while it waits for its tier. Answers the plan's id.
 * @throws ValidationError, also for a plan that waits for no tier any more
 */
export async function planNewTier(
  context: Context,
  { campaign, planId }: { campaign: PatreonCampaign; planId?: number },
  wishes: PlanWishes,
  actor: Actor,
): Promise<number> {
  const id = await context.knex.transaction(async (trx) => {
    await lockPlans(trx, [campaign.id]);
    await findLiveCampaign(campaign, trx);
    const plan = planId === undefined ? undefined : await PlannedChange.findById(planId, trx);
    if (planId !== undefined && !(plan?.isWaiting && plan.tier_id === null)) throw refuse('form', 'arrived');
    checkDay(wishes, campaign, plan, context.clock.now());
    if (!plan && (await PlannedChange.countWaitingTiers(campaign.id, trx)) >= MOST_NEW_TIERS)
      throw refuse('form', 'tooManyTiers');
    return storeNewTier(trx, { campaign, plan, wishes, actor });
  });
  await settlePlans(context, campaign.id);
  return id;
}

interface TierWishes {
  campaign: PatreonCampaign;
  plan: PlannedChange | undefined;
  wishes: PlanWishes;
  actor: Actor;
}

/** A field that is not named stays as it is wanted. */
async function storeNewTier(trx: Knex.Transaction, { campaign, plan, wishes, actor }: TierWishes): Promise<number> {
  const known = plan ? await PlannedValue.query(trx).where({ plan_id: plan.id }) : [];
  const before = new Map(known.map((value) => [value.field, value.wanted]));
  const rows = TIER_FIELDS.map((field): ValueRow => {
    const wanted = field in wishes.values ? wishes.values[field] : before.get(field);
    return { field, base: null, wanted: wanted === '' ? null : (wanted ?? null) };
  });
  const fields = rows.filter(({ field, wanted }) => wanted !== (before.get(field) ?? null)).map(({ field }) => field);
  const id = plan?.id ?? (await insertNewTier(trx, campaign, wishes, actor)).id;
  if (plan) await updatePlan(trx, plan, wishes, { fields, actor });
  await PlannedValue.query(trx).delete().where({ plan_id: id });
  const wanted = rows.filter((row) => row.wanted !== null);
  await putValues(trx, id, wanted);
  return id;
}

async function insertNewTier(
  trx: Knex.Transaction,
  campaign: PatreonCampaign,
  wishes: PlanWishes,
  actor: Actor,
): Promise<PlannedChange> {
  const latest = await PatreonTier.query(trx).where({ campaign_id: campaign.id }).orderBy('id', 'desc').first();
  const plan = { campaign_id: campaign.id, resource: 'tier', action: 'create', tier_id: null } as const;
  return insertPlan(trx, { ...plan, known_tier_id: latest?.id ?? 0 }, wishes, actor);
}

/** How many live members are entitled to a tier, whatever their kind. */
export async function countMembersOn(tier: PatreonTier, db: Knex): Promise<number> {
  const figures = await PatreonMember.tierFigures({ tier: [tier], gone: false, searchesEmail: false }, db);
  return figures.reduce((sum, { members }) => sum + members, 0);
}

/**
 * Plans that a tier goes. What else was planned for it is discarded. Answers the plan's id.
 * @throws ValidationError while people are on it, and for the free tier, which Patreon keeps
 */
export async function planTierDeletion(
  context: Context,
  { campaign, tier }: { campaign: PatreonCampaign; tier: PatreonTier },
  wishes: Omit<PlanWishes, 'values'>,
  actor: Actor,
): Promise<number> {
  const id = await context.knex.transaction(async (trx) => {
    await lockPlans(trx, [campaign.id]);
    await findLiveCampaign(campaign, trx);
    const now = await PatreonTier.findById(tier.id, trx);
    if (!now || now.gone_at) throw refuse('form', 'gone');
    if (now.amount_cents === 0) throw refuse('form', 'freeTier');
    if ((await countMembersOn(now, trx)) > 0) throw refuse('form', 'membersOn');
    const waiting = await PlannedChange.findWaitingForTier(tier.id, trx);
    const asked = { ...wishes, values: {} };
    checkDay(asked, campaign, waiting, context.clock.now());
    if (waiting?.action === 'delete') {
      await updatePlan(trx, waiting, asked, { fields: [], actor });
      return waiting.id;
    }
    if (waiting) {
      await discardRows(trx, waiting, actor.staffId ?? null);
      await recordPlan(trx, 'plan.discarded', waiting, actor);
    }
    const plan = { campaign_id: campaign.id, resource: 'tier', action: 'delete', tier_id: tier.id } as const;
    return (await insertPlan(trx, plan, asked, actor)).id;
  });
  await settlePlans(context, campaign.id);
  return id;
}
