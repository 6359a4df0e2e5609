import type { Knex } from 'knex';
import { FIELD_KINDS, PLANNED_FIELDS } from './plan-fields';
import { PlannedChange, valuesByPlan, WAITING } from './planned-change.model';

/** What pages of tiers and campaigns show of the plans that wait for them. */
export const planNotices = {
  ofTier: async (tierId: number, db: Knex) => withValues(await PlannedChange.findWaitingForTier(tierId, db), db),
  ofCampaign: async (campaignId: number, db: Knex) =>
    withValues(await PlannedChange.findWaitingForCampaign(campaignId, db), db),
  listForTiers: (tierIds: readonly number[], db: Knex) => PlannedChange.listForTiers(tierIds, db),
  countWaiting: (campaignIds: readonly number[], db: Knex) => PlannedChange.countWaiting(campaignIds, db),
};

/** What is not settled of a plan. */
async function withValues(plan: PlannedChange | undefined, db: Knex) {
  if (!plan) return undefined;
  const { id, state, resource, action } = plan;
  const all = (await valuesByPlan([id], PLANNED_FIELDS, db)).get(id) ?? [];
  const values = all
    .filter((value) => WAITING.includes(value.state))
    .map(({ field, wanted, state: fate }) => ({ field, wanted, state: fate, kind: FIELD_KINDS[field] }));
  return { id, state, resource, action, values };
}
