import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { may } from '../../policy';
import { Staff } from '../accounts/staff.model';
import { MemberFollowUp } from './follow-up.model';
import { MemberAction } from './member-action.model';

export interface FollowUp {
  ownerId: number;
  /** `2026-11-30`, or null for no day. */
  dueOn: string | null;
  task: string;
}

/** Those who can be asked to look after a member, by name. */
export async function listFollowUpOwners(knex: Knex): Promise<Staff[]> {
  const staff = await Staff.listAll(knex);
  return staff.filter(({ disabled_at, role }) => disabled_at === null && may(role, 'members.annotate'));
}

/**
 * Sets the follow-up of a member or changes it; the same again leaves no trace.
 * @throws ValidationError for an owner who does not look after members
 */
export async function setFollowUp(
  { knex }: Context,
  memberId: number,
  { ownerId, dueOn, task }: FollowUp,
  staffId: number,
): Promise<void> {
  const owners = await listFollowUpOwners(knex);
  if (!owners.some(({ id }) => id === ownerId)) throw new ValidationError({ owner: 'dossier:problem.owner' });
  await knex.transaction(async (trx) => {
    const { rowCount } = await trx.raw<{ rowCount: number }>(
      `insert into member_follow_ups as f (member_id, owner_id, due_on, task, set_by)
       values (:memberId, :ownerId, :dueOn::date, :task, :staffId)
       on conflict (member_id) do update
         set owner_id = excluded.owner_id, due_on = excluded.due_on, task = excluded.task, set_by = excluded.set_by,
             set_at = now()
         where (f.owner_id, f.due_on, f.task) is distinct from (excluded.owner_id, excluded.due_on, excluded.task)`,
      { memberId, ownerId, dueOn, task, staffId },
    );
    if (rowCount === 0) return;
    const details = { owner_id: ownerId, due_on: dueOn };
    await MemberAction.record(trx, { memberId, staffId, action: 'follow_up.set', details });
  });
}

/** Doing it twice changes nothing. */
export async function finishFollowUp({ knex }: Context, memberId: number, staffId: number): Promise<void> {
  await knex.transaction(async (trx) => {
    const removed = await MemberFollowUp.query(trx).deleteById(memberId);
    if (removed > 0) await MemberAction.record(trx, { memberId, staffId, action: 'follow_up.done' });
  });
}
