import type { Knex } from 'knex';
import { type Actor, recordAudit } from '../accounts/audit.service';
import type { FieldValue, PlannedField } from './plan-fields';
import type { PlanState } from './planned-change.model';

/** Any number that is ours alone: the first half of the keys of advisory locks. */
const LOCK = 1_700_017;

/** Whoever makes, decides or settles plans of these campaigns does so alone, until the transaction ends. */
export async function lockPlans(trx: Knex.Transaction, campaignIds: readonly number[]): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(?, id) from (select unnest(?::int[]) as id order by 1) campaigns', [
    LOCK,
    [...campaignIds],
  ]);
}

export interface ValueRow {
  field: PlannedField;
  base: FieldValue;
  wanted: FieldValue;
}

/** Values that are wanted from now on; they replace what was wanted of the same field before. */
export async function putValues(trx: Knex.Transaction, planId: number, rows: readonly ValueRow[]): Promise<void> {
  await trx.raw(
    `insert into planned_values (plan_id, field, base, wanted)
     select ?, field, coalesce(base, 'null'), coalesce(wanted, 'null')
       from jsonb_to_recordset(?) as n(field text, base jsonb, wanted jsonb)
     on conflict (plan_id, field) do update
       set base = excluded.base, wanted = excluded.wanted, theirs = null, state = 'open', settled_by = null, settled_at = null`,
    [planId, JSON.stringify(rows)],
  );
}

export interface ValueFate {
  plan_id: number;
  field: PlannedField;
  state: PlanState;
  theirs: FieldValue;
}

/** Stores what became of values; the plans of those that it changed come back. */
export async function setFates(
  trx: Knex.Transaction,
  fates: readonly ValueFate[],
  staffId: number | null = null,
): Promise<number[]> {
  const { rows } = await trx.raw<{ rows: { plan_id: number }[] }>(
    `update planned_values v
        set state = n.state, theirs = n.theirs,
            settled_at = case when n.state in ('applied', 'discarded') then now() end,
            settled_by = case when n.state in ('applied', 'discarded') then ?::int end
       from jsonb_to_recordset(?) as n(plan_id bigint, field text, state text, theirs jsonb)
      where (v.plan_id, v.field) = (n.plan_id, n.field) and (v.state, v.theirs) is distinct from (n.state, n.theirs)
      returning v.plan_id`,
    [staffId, JSON.stringify(fates)],
  );
  return [...new Set(rows.map((row) => row.plan_id))];
}

export interface StateChange {
  id: number;
  before: PlanState;
  after: PlanState;
}

/**
 * The state of a plan follows from its values: in conflict if one is, open while one is, else applied if one was. Those
 * whose state has changed come back.
 */
export async function followValues(
  trx: Knex.Transaction,
  planIds: readonly number[],
  staffId: number | null = null,
): Promise<StateChange[]> {
  const { rows } = await trx.raw<{ rows: StateChange[] }>(
    `update planned_changes p
        set state = d.state, changed_at = now(),
            settled_at = case when d.state in ('applied', 'discarded') then coalesce(p.settled_at, now()) end,
            settled_by = case when d.state in ('applied', 'discarded') then ?::int end
       from (select b.id, b.state as before,
                    case when bool_or(v.state = 'conflict') then 'conflict'
                         when bool_or(v.state = 'open') then 'open'
                         when bool_or(v.state = 'applied') then 'applied'
                         else 'discarded' end as state
               from planned_changes b join planned_values v on v.plan_id = b.id
              where b.id = any(?::bigint[])
              group by b.id) d
      where p.id = d.id
      returning p.id, d.before, p.state as after`,
    [staffId, [...planIds]],
  );
  return rows.filter(({ before, after }) => before !== after);
}

const STEP: Record<PlanState, string> = {
  open: 'plan.reopened',
  applied: 'plan.applied',
  conflict: 'plan.conflicted',
  discarded: 'plan.discarded',
};

/** One entry for each plan that changed its state. */
export async function recordStates(trx: Knex, changes: readonly StateChange[], actor: Actor): Promise<void> {
  for (const { id, after } of changes) {
    await recordAudit(trx, { ...actor, action: STEP[after], subject: { type: 'plan', id } });
  }
}
