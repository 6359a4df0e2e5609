import type { Knex } from 'knex';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import type { BulkAction } from './draft-bulk.schemas';
import { isPlannable, planDrafts } from './draft-plan.service';
import { type DraftState, mayMove } from './draft-states';

/** What an action needs to know besides. */
export interface BulkArguments {
  /** `shift`: how many days later; earlier below zero. */
  days?: number;
  /** `plan`: the day, `2026-11-22`. */
  day?: string;
}

/** Why a draft is left out. */
export type LeftOut = 'gone' | 'state' | 'undated' | 'same';

export interface ChosenDraft {
  id: number;
  title: string;
  state: DraftState;
  planned_for: string | null;
  version: number;
}

export interface BulkChoice {
  fit: ChosenDraft[];
  left: { reason: LeftOut; drafts: Pick<ChosenDraft, 'id' | 'title'>[] }[];
}

export interface BulkOutcome {
  batchId: number;
  changed: number;
  left: BulkChoice['left'];
  /** How many stand on a day in the past now. */
  past: number;
}

interface BatchEntry {
  id: number;
  /** After the action: a later one means that somebody went on with it. */
  version: number;
  before: string | null;
}

/** Drafts that are past review are no longer sorted by hand, and whatever a batch does can be undone by a legal move. */
const SORTED: readonly DraftState[] = ['idea', 'draft', 'in_review', 'ready'];
const KEPT_DAYS = 30;

/** Which of these drafts the action would change, and why not the others. */
export async function chooseDrafts(ids: readonly number[], action: BulkAction, db: Knex): Promise<BulkChoice> {
  return sort(ids, await readDrafts(ids, db, ''), action);
}

/** Changes what can be changed, all in one transaction, and keeps what it was. */
export async function applyToDrafts(
  { knex, clock }: Context,
  { ids, action, args }: { ids: readonly number[]; action: BulkAction; args: BulkArguments },
  actor: Actor,
): Promise<BulkOutcome> {
  const now = clock.now();
  return knex.transaction(async (trx) => {
    const choice = sort(ids, await readDrafts(ids, trx, 'for update'), action);
    const { entries, past } = await change(trx, choice.fit, { action, args, staffId: actor.staffId ?? null, now });
    const same = choice.fit.filter(({ id }) => !entries.some((entry) => entry.id === id));
    const left = same.length === 0 ? choice.left : [...choice.left, { reason: 'same' as const, drafts: same }];
    const monthAgo = new Date(now.getTime() - KEPT_DAYS * 86_400_000).toISOString();
    await trx('post_draft_batches').where('created_at', '<', monthAgo).delete();
    const row = {
      action,
      drafts: JSON.stringify(entries),
      staff_id: actor.staffId ?? null,
      created_at: now.toISOString(),
    };
    const [{ id } = { id: 0 }]: { id: number }[] = await trx('post_draft_batches').insert(row).returning('id');
    const details = { action, total: entries.length, ids: entries.map((entry) => entry.id) };
    const subject = { type: 'draft_batch', id };
    if (entries.length > 0) await recordAudit(trx, { ...actor, action: 'draft_batch.applied', subject, details });
    return { batchId: id, changed: entries.length, left, past };
  });
}

/** Makes drafts what they were before a batch; those that somebody went on with stay. Repeating it changes nothing. */
export async function undoBatch(
  { knex, clock }: Context,
  batchId: number,
  actor: Actor,
): Promise<{ changed: number; left: number }> {
  const now = clock.now();
  return knex.transaction(async (trx) => {
    const batch = await trx('post_draft_batches')
      .select<{ action: BulkAction; drafts: BatchEntry[]; undone_at: string | null }>('action', 'drafts', 'undone_at')
      .where({ id: batchId })
      .forUpdate()
      .first();
    if (!batch) throw new NotFoundError();
    if (batch.undone_at !== null) return { changed: 0, left: 0 };
    const changed = await revert(trx, batch, { staffId: actor.staffId ?? null, now });
    await trx('post_draft_batches').update({ undone_at: now.toISOString() }).where({ id: batchId });
    const subject = { type: 'draft_batch', id: batchId };
    await recordAudit(trx, { ...actor, action: 'draft_batch.undone', subject, details: { total: changed } });
    return { changed, left: batch.drafts.length - changed };
  });
}

async function readDrafts(ids: readonly number[], db: Knex, lock: '' | 'for update'): Promise<ChosenDraft[]> {
  const { rows } = await db.raw<{ rows: ChosenDraft[] }>(
    `select id, title, state, planned_for, version from post_drafts
      where id = any(?::bigint[]) and deleted_at is null order by id ${lock}`,
    [[...ids]],
  );
  return rows;
}

function sort(ids: readonly number[], drafts: readonly ChosenDraft[], action: BulkAction): BulkChoice {
  const fit: ChosenDraft[] = [];
  const left = new Map<LeftOut, Pick<ChosenDraft, 'id' | 'title'>[]>();
  const leave = (reason: LeftOut, draft: Pick<ChosenDraft, 'id' | 'title'>) =>
    left.set(reason, [...(left.get(reason) ?? []), draft]);
  for (const id of ids) {
    const draft = drafts.find((one) => one.id === id);
    const reason = draft ? reasonAgainst(draft, action) : 'gone';
    if (draft && !reason) fit.push(draft);
    else if (reason) leave(reason, draft ?? { id, title: '' });
  }
  return { fit, left: [...left].map(([reason, list]) => ({ reason, drafts: list })) };
}

function reasonAgainst({ state, planned_for }: ChosenDraft, action: BulkAction): LeftOut | undefined {
  if (action === 'delete') return undefined;
  if (action === 'idea' || action === 'draft') {
    if (state === action) return 'same';
    return SORTED.includes(state) && mayMove(state, action) ? undefined : 'state';
  }
  if (!isPlannable(state)) return 'state';
  return action === 'shift' && planned_for === null ? 'undated' : undefined;
}

interface Doing {
  action: BulkAction;
  args: BulkArguments;
  staffId: number | null;
  now: Date;
}

async function change(
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

async function revert(
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
