import type { Knex } from 'knex';
import { ValidationError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { PatreonCampaign } from '../campaigns/campaign.model';
import type { FieldValue, PlannedField } from './plan-fields';
import { PlannedChange } from './planned-change.model';

/** What a form asks for. A field that it does not name stays as it is. */
export interface PlanWishes {
  values: Partial<Record<PlannedField, FieldValue>>;
  reason?: string | undefined;
  /** `2026-11-30`, by the campaign's calendar; null for no day. */
  dueOn?: string | null | undefined;
}

/** What is wrong with a plan, said of one field or of the `form`. */
export const refuse = (field: string, problem: string) => new ValidationError({ [field]: `plans:problem.${problem}` });

/** As it is now. @throws ValidationError where Patreon names it no more, or it was deleted here meanwhile */
export async function findLiveCampaign({ id }: PatreonCampaign, trx: Knex.Transaction): Promise<PatreonCampaign> {
  const now = await PatreonCampaign.findById(id, trx);
  if (!now || now.gone_at) throw refuse('form', 'gone');
  return now;
}

/** The date where the campaign is. */
export function todayIn({ time_zone }: Pick<PatreonCampaign, 'time_zone'>, now: Date): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: time_zone ?? 'UTC', dateStyle: 'short' }).format(now);
}

/** @throws ValidationError for a day that is over, unless it was planned before it was */
export function checkDay(
  { dueOn }: PlanWishes,
  campaign: PatreonCampaign,
  plan: PlannedChange | undefined,
  now: Date,
): void {
  if (dueOn && dueOn !== plan?.due_on && dueOn < todayIn(campaign, now)) throw refuse('due_on', 'past');
}

type NewPlan = Pick<PlannedChange, 'campaign_id' | 'resource' | 'action' | 'tier_id'> & { known_tier_id?: number };

export async function insertPlan(
  trx: Knex.Transaction,
  plan: NewPlan,
  wishes: PlanWishes,
  actor: Actor,
): Promise<PlannedChange> {
  const inserted = await PlannedChange.query(trx).insertAndFetch({
    ...plan,
    reason: wishes.reason ?? '',
    due_on: wishes.dueOn ?? null,
    created_by: actor.staffId ?? null,
  });
  await recordPlan(trx, 'plan.created', inserted, actor, { fields: Object.keys(wishes.values) });
  return inserted;
}

/** Other values have to be made on Patreon again. */
export async function updatePlan(
  trx: Knex.Transaction,
  plan: PlannedChange,
  { reason = plan.reason, dueOn = plan.due_on }: PlanWishes,
  { fields, actor }: { fields: readonly PlannedField[]; actor: Actor },
): Promise<void> {
  if (fields.length === 0 && reason === plan.reason && dueOn === plan.due_on) return;
  const again = fields.length > 0 ? { handed_off_at: null, handed_off_by: null } : {};
  await plan.$query(trx).patch({ reason, due_on: dueOn, changed_at: new Date().toISOString(), ...again });
  await recordPlan(trx, 'plan.changed', plan, actor, { fields });
}

export async function recordPlan(
  trx: Knex,
  action: string,
  plan: Pick<PlannedChange, 'id' | 'resource' | 'action'>,
  actor: Actor,
  details: Record<string, unknown> = {},
): Promise<void> {
  const told = { resource: plan.resource, errand: plan.action, ...details };
  await recordAudit(trx, { ...actor, action, subject: { type: 'plan', id: plan.id }, details: told });
}
