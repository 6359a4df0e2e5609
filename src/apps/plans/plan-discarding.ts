import type { Knex } from 'knex';
import { type PlannedChange, WAITING } from './planned-change.model';

/** What waits of a plan, and the plan, at one and the same moment: so it can be told what to bring back. */
export async function discardRows(trx: Knex.Transaction, plan: PlannedChange, staffId: number | null): Promise<void> {
  const settled = { state: 'discarded', settled_by: staffId, settled_at: trx.fn.now() };
  await trx('planned_values')
    .where({ plan_id: plan.id })
    .whereIn('state', [...WAITING])
    .update({ ...settled, theirs: null });
  await trx('planned_changes')
    .where({ id: plan.id })
    .update({ ...settled, needs_answer: false, changed_at: trx.fn.now() });
}

/** The way back of `discardRows`. */
export async function reopenRows(trx: Knex.Transaction, plan: PlannedChange): Promise<void> {
  const reopened = { state: 'open', settled_by: null, settled_at: null };
  await trx('planned_values')
    .where({ plan_id: plan.id, state: 'discarded' })
    .whereRaw('settled_at = (select p.settled_at from planned_changes p where p.id = plan_id)')
    .update(reopened);
  await trx('planned_changes')
    .where({ id: plan.id })
    .update({ ...reopened, changed_at: trx.fn.now() });
}
