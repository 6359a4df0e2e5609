import type { Knex } from 'knex';
import type { BatchAction, MemberBatch } from './member-batch.model';

type ActionOnMembers = (trx: Knex.Transaction, batch: MemberBatch, ids: readonly number[]) => Promise<number>;

/**
 * Each action on a part of a batch's members, in one statement that also leaves the member's action. It answers how many
 * changed: who was already as asked is left alone, so that repeating a part does nothing and an undo knows what to take back.
 */
export const BULK_ACTIONS: Record<BatchAction, ActionOnMembers> = {
  add_label: (trx, batch, ids) => run(trx, batch, ids, batch.reverts === null ? ADD_LABEL : LABEL_AGAIN),
  remove_label: (trx, batch, ids) => run(trx, batch, ids, batch.reverts === null ? REMOVE_LABEL : LABEL_NO_MORE),
  add_note: (trx, batch, ids) => run(trx, batch, ids, ADD_NOTE),
  assign_follow_up: (trx, batch, ids) => run(trx, batch, ids, ASSIGN_FOLLOW_UP),
  merge_label: (trx, batch, ids) => run(trx, batch, ids, MERGE_LABEL),
  delete_label: (trx, batch, ids) => run(trx, batch, ids, REMOVE_LABEL),
};

const RECORD = 'insert into member_actions (member_id, staff_id, action, details, batch_id)';

const ADD_LABEL = `
  with added as (
    insert into member_labels (label_id, member_id, added_by)
    select :label, id, :staff from patreon_members where id = any(:ids::bigint[]) order by id
    on conflict do nothing returning member_id)
  ${RECORD} select member_id, :staff, 'label.added', :details::jsonb, :batch from added`;

/** What is needed to put the label back as it was goes with the action. */
const REMOVE_LABEL = `
  with removed as (
    delete from member_labels where label_id = :label and member_id = any(:ids::bigint[])
    returning member_id, added_by, added_at)
  ${RECORD} select member_id, :staff, 'label.removed',
    :details::jsonb || jsonb_build_object('added_by', added_by, 'added_at', added_at), :batch from removed`;

/** Only the very labels that the batch put there: one that somebody removed and added since has another time. */
const LABEL_NO_MORE = `
  with removed as (
    delete from member_labels ml using member_actions a
    where a.batch_id = :reverts and a.member_id = any(:ids::bigint[]) and a.action = 'label.added'
      and ml.label_id = :label and ml.member_id = a.member_id and ml.added_at = a.at
    returning ml.member_id)
  ${RECORD} select member_id, :staff, 'label.removed', :details::jsonb, :batch from removed`;

const LABEL_AGAIN = `
  with added as (
    insert into member_labels (label_id, member_id, added_by, added_at)
    select :label, a.member_id, s.id, (a.details->>'added_at')::timestamptz
      from member_actions a left join staff s on s.id = (a.details->>'added_by')::integer
     where a.batch_id = :reverts and a.member_id = any(:ids::bigint[]) and a.action = 'label.removed'
     order by a.member_id
    on conflict do nothing returning member_id)
  ${RECORD} select member_id, :staff, 'label.added', :details::jsonb, :batch from added`;

const ADD_NOTE = `
  with added as (
    insert into member_notes (member_id, author_id, body)
    select id, :staff, :body from patreon_members where id = any(:ids::bigint[]) order by id
    returning member_id, id)
  ${RECORD} select member_id, :staff, 'note.added', jsonb_build_object('note_id', id), :batch from added`;

const ASSIGN_FOLLOW_UP = `
  with assigned as (
    insert into member_follow_ups as f (member_id, owner_id, due_on, task, set_by)
    select id, :owner, :dueOn::date, :task, :staff from patreon_members where id = any(:ids::bigint[]) order by id
    on conflict (member_id) do update
      set owner_id = excluded.owner_id, due_on = excluded.due_on, task = excluded.task, set_by = excluded.set_by,
          set_at = now()
      where (f.owner_id, f.due_on, f.task) is distinct from (excluded.owner_id, excluded.due_on, excluded.task)
    returning member_id)
  ${RECORD} select member_id, :staff, 'follow_up.set',
    jsonb_build_object('owner_id', :owner::integer, 'due_on', :dueOn::date), :batch from assigned`;

const MERGE_LABEL = `
  with moved as (
    delete from member_labels where label_id = :label and member_id = any(:ids::bigint[])
    returning member_id, added_by, added_at),
  added as (
    insert into member_labels (label_id, member_id, added_by, added_at)
    select :into, member_id, added_by, added_at from moved order by member_id
    on conflict do nothing)
  ${RECORD} select member_id, :staff, 'label.merged', :details::jsonb, :batch from moved`;

async function run(
  trx: Knex.Transaction,
  batch: MemberBatch,
  ids: readonly number[],
  statement: string,
): Promise<number> {
  const { label_id, label, into_id, into, body, owner_id, due_on, task } = batch.arguments;
  const { rowCount } = await trx.raw<{ rowCount: number }>(statement, {
    ids,
    batch: batch.id,
    reverts: batch.reverts,
    staff: batch.created_by,
    label: label_id ?? null,
    into: into_id ?? null,
    details: JSON.stringify({ label_id, label, into_id, into }),
    body: body ?? null,
    owner: owner_id ?? null,
    dueOn: due_on ?? null,
    task: task ?? '',
  });
  return rowCount;
}
