import type { Knex } from 'knex';
import type { BulkAction } from './draft-bulk.schemas';
import { type ChosenDraft, readDrafts } from './draft-bulk-choice';
import { isPlannable, planDrafts } from './draft-plan.service';

/** What an action needs to know besides. */
export interface BulkArguments {
  /** `shift`: how many days later; earlier below zero. */
  days?: number;
  /** `plan`: the day, `2026-11-22`. */
  day?: string;
}

/** One draft of a batch, as the batch keeps it. */
export interface BatchEntry {
  id: number;
  /** After the action: a later one means that somebody went on with it. */
  version: number;
  before: string | null;
}

interface Doing {
  action: BulkAction;
  args: BulkArguments;
  staffId: number | null;
  now: Date;
}

/** Does it to all of these, which the caller holds locked; drafts that are so already are not among the entries. */
export async function changeDrafts(
  trx: Knex.Transaction,
  drafts: readonly ChosenDraft[],
  { action, args, staffId, now }: Doing,
): Promise<{ entries: BatchEntry[]; past: number }> {
  if (drafts.length === 0) return { entries: [], past: 0 };
  if (action === 'shift' || action === 'plan') {
    const planned = await planDrafts(trx, await plansOf(trx, drafts, args), { staffId, now });
    const past = planned.filter(({ planned_for }) => planned_for !== null && Date.parse(planned_for) < now.getTime());
    return { entries: planned.map(({ id, version, before }) => ({ id, version, before })), past: past.length };
  }
  const ids = drafts.map(({ id }) => id);
  if (action === 'delete')
    await trx('post_drafts').update({ deleted_at: now.toISOString(), deleted_by: staffId }).whereIn('id', ids);
  else
    await moveAll(
      trx,
      drafts.map(({ id }) => ({ id, to: action })),
      { staffId, now },
    );
  return { entries: drafts.map(({ id, version, state }) => ({ id, version, before: state })), past: 0 };
}

/** By the clocks of each draft's campaign, at the hour that it has, or at nine. */
async function plansOf(trx: Knex.Transaction, drafts: readonly ChosenDraft[], { days, day }: BulkArguments) {
  const clock = `d.planned_for at time zone coalesce(s.time_zone, 'UTC')`;
  const wanted =
    days === undefined
      ? `:day::date + coalesce((${clock})::time, '09:00')`
      : `${clock} + make_interval(days => :days::int)`;
  const { rows } = await trx.raw<{ rows: { id: number; planned_for: string }[] }>(
    `select d.id, (${wanted}) at time zone coalesce(s.time_zone, 'UTC') as planned_for
       from post_drafts d left join campaign_settings s on s.campaign_id = d.campaign_id
      where d.id = any(:ids::bigint[])`,
    { ids: drafts.map(({ id }) => id), ...(days === undefined ? { day } : { days }) },
  );
  return rows;
}

/** Each move is noted like one that was made alone. */
async function moveAll(
  trx: Knex.Transaction,
  moves: readonly { id: number; to: string }[],
  { staffId, now }: { staffId: number | null; now: Date },
): Promise<void> {
  await trx.raw(
    `with wanted as (
       select d.id, d.state as from_state, w.to_state
         from unnest(:ids::bigint[], :states::text[]) as w (id, to_state) join post_drafts d using (id)
     ), moved as (
       update post_drafts d set state = w.to_state, state_by = :staffId, state_at = :now from wanted w where d.id = w.id
       returning d.id, d.version, w.from_state, w.to_state
     )
     insert into post_draft_moves (draft_id, from_state, to_state, version, moved_by, moved_at)
     select id, from_state, to_state, version, :staffId, :now from moved order by id`,
    { ids: moves.map(({ id }) => id), states: moves.map(({ to }) => to), staffId, now: now.toISOString() },
  );
}

/** Makes drafts what they were before a batch, and tells how many. */
export async function revertDrafts(
  trx: Knex.Transaction,
  { action, drafts: entries }: { action: BulkAction; drafts: BatchEntry[] },
  by: { staffId: number | null; now: Date },
): Promise<number> {
  const ids = entries.map(({ id }) => id);
  if (action === 'delete') return restoreAll(trx, ids);
  const present = await readDrafts(ids, trx, 'for update');
  const untouched = entries.filter(({ id, version }) => {
    const draft = present.find((one) => one.id === id);
    const isMove = action === 'idea' || action === 'draft';
    return draft?.version === version && (isMove ? draft.state === action : isPlannable(draft.state));
  });
  if (action === 'shift' || action === 'plan')
    return (
      await planDrafts(
        trx,
        untouched.map(({ id, before }) => ({ id, planned_for: before })),
        by,
      )
    ).length;
  await moveAll(
    trx,
    untouched.flatMap(({ id, before }) => (before === null ? [] : { id, to: before })),
    by,
  );
  return untouched.length;
}

/** One whose post another draft has taken meanwhile comes back without it. */
async function restoreAll(trx: Knex.Transaction, ids: readonly number[]): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update post_drafts d set deleted_at = null, deleted_by = null,
            post_id = case when exists (select from post_drafts o where o.post_id = d.post_id and o.deleted_at is null) then null else d.post_id end
      where id = any(?::bigint[]) and deleted_at is not null`,
    [[...ids]],
  );
  return rowCount;
}
