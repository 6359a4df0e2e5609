import type { Knex } from 'knex';
import type { Context } from '../../context';
import type { Actor } from '../accounts/audit.service';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { type FieldValue, isSame, type PlannedField } from './plan-fields';
import { followValues, lockPlans, putValues, recordStates, setFates, type ValueRow } from './plan-rows';
import { settlePlans } from './plan-settling.service';
import { checkDay, findLiveCampaign, insertPlan, type PlanWishes, refuse, updatePlan } from './plan-wishes';
import { PlannedChange, WAITING } from './planned-change.model';
import { PlannedValue } from './planned-value.model';

/** The mirrored row that an edit is about. */
export interface PlanRecord {
  campaign: PatreonCampaign;
  /** Not given for the campaign itself. */
  tier?: PatreonTier | undefined;
}

/**
 * Plans the fields that differ from Patreon's, in the one plan that waits for this record; a field set back to what
 * Patreon says is dropped from it. Asking the same again changes nothing. Answers the plan's id.
 * @throws ValidationError where nothing would change, the record is gone, or its deletion is planned
 */
export async function planEdit(
  context: Context,
  record: PlanRecord,
  wishes: PlanWishes,
  actor: Actor,
): Promise<number> {
  const { campaign, tier } = record;
  const id = await context.knex.transaction(async (trx) => {
    await lockPlans(trx, [campaign.id]);
    const live = await findLiveCampaign(campaign, trx);
    const now = tier ? await PatreonTier.findById(tier.id, trx) : live;
    if (!now || now.gone_at) throw refuse('form', 'gone');
    const plan = await findWaiting(record, trx);
    if (plan?.action === 'delete') throw refuse('form', 'deletionPlanned');
    checkDay(wishes, campaign, plan, context.clock.now());
    const known = plan ? await waitingValues(plan, trx) : [];
    const difference = differences(wishes.values, Object.assign({}, now), known);
    return storeEdit(trx, { record, plan, wishes, difference, actor });
  });
  // A read that finished meanwhile did not know of the plan.
  await settlePlans(context, campaign.id);
  return id;
}

export async function findWaiting({ campaign, tier }: PlanRecord, db: Knex): Promise<PlannedChange | undefined> {
  return tier ? PlannedChange.findWaitingForTier(tier.id, db) : PlannedChange.findWaitingForCampaign(campaign.id, db);
}

export async function waitingValues(plan: PlannedChange, db: Knex): Promise<PlannedValue[]> {
  return PlannedValue.query(db)
    .where({ plan_id: plan.id })
    .whereIn('state', [...WAITING]);
}

interface Difference {
  put: ValueRow[];
  /** Fields that were wanted otherwise, and no longer. */
  dropped: PlannedField[];
}

/** A value that was wanted already keeps its base, and its conflict. */
function differences(
  wanted: PlanWishes['values'],
  mirrored: Partial<Record<PlannedField, FieldValue>>,
  known: readonly PlannedValue[],
): Difference {
  const difference: Difference = { put: [], dropped: [] };
  for (const [name, value] of Object.entries(wanted)) {
    const field = name as PlannedField;
    const waiting = known.find((one) => one.field === field);
    const theirs = mirrored[field] ?? null;
    if (isSame(field, value, theirs)) {
      if (waiting) difference.dropped.push(field);
    } else if (!waiting || !isSame(field, value, waiting.wanted)) {
      difference.put.push({ field, base: theirs, wanted: value });
    }
  }
  return difference;
}

interface Edit {
  record: PlanRecord;
  plan: PlannedChange | undefined;
  wishes: PlanWishes;
  difference: Difference;
  actor: Actor;
}

/** A record keeps its name and its price, and what costs something is not made free. */
function checkWanted(put: Difference['put']): void {
  for (const { field, wanted } of put) {
    if (field === 'amount_cents' && wanted === 0) throw refuse(field, 'free');
    if (field === 'amount_cents' && wanted === null) throw refuse(field, field);
    if ((field === 'title' || field === 'name') && wanted === '') throw refuse(field, field);
  }
}

async function storeEdit(trx: Knex.Transaction, edit: Edit): Promise<number> {
  const { plan, wishes, actor, record } = edit;
  const { put, dropped } = edit.difference;
  checkWanted(put);
  if (!plan && put.length === 0) throw refuse('form', 'nothingDiffers');
  const fields = [...put.map(({ field }) => field), ...dropped];
  if (plan) await updatePlan(trx, plan, wishes, { fields, actor });
  const id = plan?.id ?? (await insertEdit(trx, record, { ...wishes, values: valuesOf(put) }, actor));
  const staffId = actor.staffId ?? null;
  await putValues(trx, id, put);
  await setFates(
    trx,
    dropped.map((field) => ({ plan_id: id, field, state: 'discarded', theirs: null })),
    staffId,
  );
  if (plan && fields.length > 0) await recordStates(trx, await followValues(trx, [id], staffId), actor);
  return id;
}

const valuesOf = (put: Difference['put']) => Object.fromEntries(put.map(({ field, wanted }) => [field, wanted]));

async function insertEdit(
  trx: Knex.Transaction,
  { campaign, tier }: PlanRecord,
  wishes: PlanWishes,
  actor: Actor,
): Promise<number> {
  const resource = tier ? 'tier' : 'campaign';
  const plan = { campaign_id: campaign.id, resource, action: 'edit', tier_id: tier?.id ?? null } as const;
  return (await insertPlan(trx, plan, wishes, actor)).id;
}
