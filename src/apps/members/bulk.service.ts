import type { Knex } from 'knex';
import { UniqueViolationError } from 'objection';
import type { Context } from '../../context';
import { ConflictError, NotFoundError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { queueBatch, snapshotIds, workOn } from './bulk-work';
import { type BatchAction, type BatchArguments, MemberBatch, UNDO_DAYS } from './member-batch.model';

/** So many members are done while the browser waits; more are done by a job, in parts of so many. */
export const MOST_AT_ONCE = 1_000;

/** Who is meant: members picked one by one, or all that match a list's query. */
export type Selection = { ids: readonly number[] } | { query: string };

export interface NewBatch {
  action: BatchAction;
  arguments: BatchArguments;
  /** Unset for actions that know their members themselves: those of a label, and those of a batch to be taken back. */
  selection?: Selection;
  reverts?: number;
  requestKey?: string;
  /** How many were confirmed. */
  total: number;
}

/**
 * Begins an action on many members. Few are done before this answers, in the same transaction; many are left to a job.
 * The same request key answers with the batch that it already made, and so does undoing the same batch.
 */
export async function startBatch(context: Context, given: NewBatch, actor: Actor): Promise<MemberBatch> {
  const known = await findMade(context, given);
  if (known) return known;
  try {
    return await beginBatch(context, given, actor);
  } catch (error) {
    // Sent twice at once: the other one made it.
    const made = error instanceof UniqueViolationError ? await findMade(context, given) : undefined;
    if (!made) throw error;
    return made;
  }
}

async function findMade({ knex }: Context, { requestKey }: NewBatch): Promise<MemberBatch | undefined> {
  return requestKey === undefined ? undefined : MemberBatch.findByRequest(requestKey, knex);
}

async function beginBatch(context: Context, given: NewBatch, actor: Actor): Promise<MemberBatch> {
  return context.knex.transaction(async (trx) => {
    if (given.reverts !== undefined) {
      // Asked for twice at once: the second waits here, and finds what the first has begun.
      await MemberBatch.lock(given.reverts, trx);
      const made = await MemberBatch.findReverting(given.reverts, trx);
      if (made && !made.isUnfinished) return made;
    }
    let batch = await insertBatch(trx, given, actor);
    if (given.selection && 'ids' in given.selection) await snapshotIds(trx, batch, given.selection.ids);
    if (given.total > MOST_AT_ONCE) await queueBatch(context, batch, trx);
    else while (batch.isOpen) batch = await workOn(context, trx, batch);
    return batch;
  });
}

async function insertBatch(trx: Knex.Transaction, given: NewBatch, actor: Actor): Promise<MemberBatch> {
  const { action, selection, reverts, requestKey, total } = given;
  const batch = await MemberBatch.query(trx).insertAndFetch({
    action,
    arguments: given.arguments,
    query: selection && 'query' in selection ? selection.query : null,
    reverts: reverts ?? null,
    request_key: requestKey ?? null,
    total,
    created_by: actor.staffId ?? null,
  });
  await recordAudit(trx, {
    ...actor,
    action: reverts === undefined ? 'member_batch.created' : 'member_batch.reverted',
    subject: { type: 'member_batch', id: batch.id },
    details: { action, total, ...(reverts !== undefined && { reverts }) },
  });
  return batch;
}

/** Asks an open batch to stop; what it did so far stays, and can be undone. */
export async function cancelBatch({ knex }: Context, id: number, actor: Actor): Promise<void> {
  await knex.transaction(async (trx) => {
    const asked = await trx('member_batches')
      .where({ id })
      .whereIn('state', ['queued', 'running'])
      .whereNull('cancel_requested_at')
      .update({ cancel_requested_at: trx.fn.now() });
    if (asked === 0) return;
    await recordAudit(trx, { ...actor, action: 'member_batch.cancelled', subject: { type: 'member_batch', id } });
  });
}

const INVERSE: Partial<Record<BatchAction, BatchAction>> = { add_label: 'remove_label', remove_label: 'add_label' };

/** Whether this batch can be taken back at all, by whoever may. */
export function isRevertible(batch: MemberBatch, now: Date): boolean {
  if (batch.isOpen || batch.reverts !== null || batch.changed === 0 || !INVERSE[batch.action]) return false;
  return now.getTime() - Date.parse(batch.created_at) < UNDO_DAYS * 86_400_000;
}

/**
 * Takes back exactly what a batch changed and nobody changed since; as a batch of its own, once. Of an undo that was
 * stopped or failed another one does the rest. @throws ConflictError when it cannot be taken back any more
 */
export async function undoBatch(context: Context, batch: MemberBatch, actor: Actor): Promise<MemberBatch> {
  const { knex, clock } = context;
  const last = await MemberBatch.findReverting(batch.id, knex);
  if (last && !last.isUnfinished) return last;
  const label = await knex('labels')
    .where('id', batch.arguments.label_id ?? 0)
    .first('id');
  if (!isRevertible(batch, clock.now()) || !label)
    throw new ConflictError('This cannot be undone any more.', 'not_revertible');
  const given: NewBatch = {
    action: INVERSE[batch.action] as BatchAction,
    arguments: batch.arguments,
    reverts: batch.id,
    total: await MemberBatch.countUnreverted(batch, knex),
  };
  return startBatch(context, given, actor);
}

export async function findBatch({ knex }: Context, id: number): Promise<MemberBatch> {
  const batch = await MemberBatch.findById(id, knex);
  if (!batch) throw new NotFoundError();
  return batch;
}
