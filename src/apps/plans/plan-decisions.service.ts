import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ConflictError, NotFoundError } from '../../errors';
import type { Actor } from '../accounts/audit.service';
import type { PatreonTier } from '../campaigns/tier.model';
import { discardRows, reopenRows } from './plan-discarding';
import type { PlannedField } from './plan-fields';
import { followValues, lockPlans, putValues, recordStates, setFates } from './plan-rows';
import { listUnclaimedTiers, settlePlans } from './plan-settling.service';
import { recordPlan } from './plan-wishes';
import { PlannedChange } from './planned-change.model';
import { PlannedValue } from './planned-value.model';

/** Gives a plan up. Twice is the same as once. @throws ConflictError for one that is applied */
export async function discardPlan(context: Context, id: number, actor: Actor): Promise<void> {
  await decide(context, id, async (trx, plan) => {
    if (plan.state === 'discarded') return;
    if (!plan.isWaiting) throw new ConflictError('This plan is applied already.');
    await discardRows(trx, plan, actor.staffId ?? null);
    await recordPlan(trx, 'plan.discarded', plan, actor);
  });
}

/** Takes a discarded plan up again. @throws ConflictError while another one waits for the same record */
export async function reopenPlan(context: Context, id: number, actor: Actor): Promise<void> {
  await decide(context, id, async (trx, plan) => {
    if (plan.isWaiting) return;
    if (plan.state !== 'discarded') throw new ConflictError('This plan is applied already.');
    if (await hasRival(trx, plan)) throw new ConflictError('Another plan waits for the same record.', 'plan_rival');
    await reopenRows(trx, plan);
    await recordPlan(trx, 'plan.reopened', plan, actor);
  });
}

async function hasRival(trx: Knex.Transaction, plan: PlannedChange): Promise<boolean> {
  if (plan.tier_id !== null) return (await PlannedChange.findWaitingForTier(plan.tier_id, trx)) !== undefined;
  if (plan.resource === 'tier') return false;
  return (await PlannedChange.findWaitingForCampaign(plan.campaign_id, trx)) !== undefined;
}

/** Says that it was done on Patreon, or that it was not after all. The plan waits for the next sync in either case. */
export async function handOffPlan(context: Context, id: number, isDone: boolean, actor: Actor): Promise<void> {
  await decide(context, id, async (trx, plan) => {
    if (!plan.isWaiting) throw new ConflictError('This plan is settled already.');
    if ((plan.handed_off_at !== null) === isDone) return;
    const now = new Date().toISOString();
    const mark = isDone ? { handed_off_at: now, handed_off_by: actor.staffId ?? null } : NOT_DONE;
    await plan.$query(trx).patch({ ...mark, changed_at: now });
    await recordPlan(trx, isDone ? 'plan.handed_off' : 'plan.taken_back', plan, actor);
  });
}

const NOT_DONE = { handed_off_at: null, handed_off_by: null };

/**
 * Decides a conflict: `keep` takes what Patreon says now for the new base and still wants ours; `take` gives ours up.
 * @throws ConflictError where there is no conflict any more
 */
export async function resolveConflict(
  context: Context,
  id: number,
  { field, choice }: { field: PlannedField; choice: 'keep' | 'take' },
  actor: Actor,
): Promise<void> {
  await decide(context, id, async (trx, plan) => {
    const value = await PlannedValue.query(trx).findById([id, field]);
    if (value?.state !== 'conflict') throw new ConflictError('This field is not in conflict any more.');
    const staffId = actor.staffId ?? null;
    if (choice === 'take') await setFates(trx, [{ plan_id: id, field, state: 'discarded', theirs: null }], staffId);
    else await putValues(trx, id, [{ field, base: value.theirs, wanted: value.wanted }]);
    if (choice === 'keep') await plan.$query(trx).patch(NOT_DONE);
    await recordPlan(trx, choice === 'keep' ? 'plan.kept' : 'plan.yielded', plan, actor, { fields: [field] });
    await recordStates(trx, await followValues(trx, [id], staffId), actor);
  });
}

/** Says which of the tiers that have come is the planned one. @throws ConflictError for a tier that cannot be it */
export async function confirmTier(context: Context, id: number, tierId: number, actor: Actor): Promise<void> {
  await decide(context, id, async (trx, plan) => {
    if (plan.tier_id === tierId) return;
    const tiers = await listCandidates(plan, trx);
    if (!tiers.some((tier) => tier.id === tierId)) throw new ConflictError('This tier cannot be the planned one.');
    await plan.$query(trx).patch({ tier_id: tierId, needs_answer: false });
    await recordPlan(trx, 'plan.confirmed', plan, actor);
  });
}

/** The tiers that may be a planned new one; none for any other plan. */
export async function listCandidates(plan: PlannedChange, db: Knex): Promise<PatreonTier[]> {
  if (plan.action !== 'create' || plan.tier_id !== null || !plan.isWaiting) return [];
  return listUnclaimedTiers(db, [plan.campaign_id], plan.known_tier_id);
}

/** Decides alone, then compares with Patreon again. */
async function decide(
  context: Context,
  id: number,
  change: (trx: Knex.Transaction, plan: PlannedChange) => Promise<void>,
): Promise<void> {
  const found = await PlannedChange.findById(id, context.knex);
  if (!found) throw new NotFoundError();
  await context.knex.transaction(async (trx) => {
    await lockPlans(trx, [found.campaign_id]);
    const plan = await PlannedChange.findById(id, trx);
    if (!plan) throw new NotFoundError();
    await change(trx, plan);
  });
  await settlePlans(context, found.campaign_id);
}
