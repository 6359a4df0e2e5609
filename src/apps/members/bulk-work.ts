import { parse } from 'node:querystring';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { failPoint } from '../../lib/fail-points';
import { may } from '../../policy';
import { Staff } from '../accounts/staff.model';
import { BULK_ACTIONS } from './bulk-actions';
import { PatreonMember } from './member.model';
import { type BatchState, MemberBatch } from './member-batch.model';
import { type MemberReader, readMemberQuery } from './member-query';

const PART = 2_000;
/** A batch that nobody has worked on for this long is taken up again; given up when a day has not helped. */
const SILENT = '1 minute';
/** A machine may sleep over night: what waited meanwhile was not tried in vain. */
const GIVEN_UP = '1 day';

/** Queues the work on a batch, or the rest of it. */
export async function queueBatch(
  { jobs }: Pick<Context, 'jobs'>,
  { id }: { id: number },
  trx?: Knex.Transaction,
): Promise<void> {
  await jobs.enqueue('member-batch', { batch_id: id }, { key: `member-batch:${id}`, ...(trx && { trx }) });
}

/** Works through a batch, part by part, each committed with how far it came. Safe to run twice at once. */
export async function runBatch(
  context: Context,
  batchId: number,
  signal: AbortSignal,
): Promise<BatchState | undefined> {
  for (;;) {
    const batch = await context.knex.transaction(async (trx) => {
      const locked = await MemberBatch.lock(batchId, trx);
      return locked?.isOpen ? workOn(context, trx, locked) : locked;
    });
    failPoint('bulk.part');
    if (!batch?.isOpen) return batch?.state;
    if (signal.aborted) {
      await queueBatch(context, batch);
      return batch.state;
    }
  }
}

/** One step: writes down who is meant, or does the next part. Answers the batch as it is then. */
export async function workOn(context: Context, trx: Knex.Transaction, batch: MemberBatch): Promise<MemberBatch> {
  if (batch.cancel_requested_at !== null) return finish(trx, batch, { state: 'cancelled' });
  const refusal = await refusalOf(trx, batch);
  if (refusal) return finish(trx, batch, { state: 'failed', failure: refusal });
  if (batch.state === 'queued') return begin(context, trx, batch);
  const ids: number[] = await trx('member_batch_members')
    .where('batch_id', batch.id)
    .where('member_id', '>', batch.last_id)
    .orderBy('member_id')
    .limit(PART)
    .pluck('member_id');
  const changed = ids.length === 0 ? 0 : await BULK_ACTIONS[batch.action](trx, batch, ids);
  const moved = {
    done: batch.done + ids.length,
    changed: batch.changed + changed,
    last_id: ids.at(-1) ?? batch.last_id,
  };
  if (ids.length < PART) return finish(trx, batch, { ...moved, state: 'succeeded' });
  return patch(trx, batch, moved);
}

async function patch(trx: Knex.Transaction, batch: MemberBatch, fields: Record<string, unknown>): Promise<MemberBatch> {
  return MemberBatch.query(trx).patchAndFetchById(batch.id, { ...fields, heartbeat_at: trx.fn.now() as never });
}

/** Why the batch may not go on: whoever began it may no more, or its label is gone. */
async function refusalOf(trx: Knex.Transaction, batch: MemberBatch): Promise<string | undefined> {
  const staff = await staffOf(trx, batch);
  if (!staff || staff.disabled_at !== null || !may(staff.role, 'members.bulk')) return 'forbidden';
  return (await lockLabels(trx, batch)) ? undefined : 'label';
}

/**
 * Answers whether the labels of a batch are there, and sees to it that they stay. One that is to go is locked for nobody
 * else from the beginning, lower ids first: two that remove the same label would each wait for the other at the end.
 */
async function lockLabels(trx: Knex.Transaction, { action, arguments: { label_id, into_id } }: MemberBatch) {
  const ids = [label_id, into_id].filter((id) => id !== undefined);
  const labels = trx('labels').whereIn('id', ids).orderBy('id').select('id');
  const isRemoved = action === 'merge_label' || action === 'delete_label';
  return (await (isRemoved ? labels.forUpdate() : labels.forKeyShare())).length === ids.length;
}

const staffOf = async (trx: Knex, { created_by }: MemberBatch): Promise<Staff | undefined> =>
  created_by === null ? undefined : Staff.findById(created_by, trx);

async function begin(context: Context, trx: Knex.Transaction, batch: MemberBatch): Promise<MemberBatch> {
  try {
    await snapshot(context, trx, batch);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return finish(trx, batch, { state: 'failed', failure: 'query' });
  }
  const [{ count } = { count: 0 }] = await trx('member_batch_members')
    .where('batch_id', batch.id)
    .count<{ count: number }[]>('* as count');
  return patch(trx, batch, { state: 'running', total: Number(count), started_at: trx.fn.now() });
}

/** Writes down who is meant; members picked one by one were written down when the batch was made. */
async function snapshot(context: Context, trx: Knex.Transaction, batch: MemberBatch): Promise<void> {
  const into = trx.raw('member_batch_members (batch_id, member_id)');
  const of = trx.raw('?::bigint as batch_id', [batch.id]);
  if (batch.query !== null) {
    const reader = readerOf((await staffOf(trx, batch)) as Staff, context.clock.now());
    const { filter } = await readMemberQuery(parse(batch.query), reader, trx);
    const matches = PatreonMember.matching(filter, trx).clearSelect().select(of, 'patreon_members.id');
    await trx(into).insert(matches.toKnexQuery());
  } else if (batch.reverts !== null) {
    await trx(into).insert(unreverted(trx, batch.reverts).distinct(of, 'member_id'));
  } else if (batch.action === 'merge_label' || batch.action === 'delete_label') {
    await trx(into).insert(trx('member_labels').select(of, 'member_id').where('label_id', batch.arguments.label_id));
  }
}

/** What a batch did, but for members whom an earlier undo has changed: who was put right is not to be touched again. */
function unreverted(trx: Knex.Transaction, reverts: number): Knex.QueryBuilder {
  const undone = trx('member_actions as u')
    .join('member_batches as b', 'b.id', 'u.batch_id')
    .where('b.reverts', reverts)
    .whereRaw('u.member_id = a.member_id');
  return trx('member_actions as a').where('a.batch_id', reverts).whereNotExists(undone);
}

export async function snapshotIds(trx: Knex.Transaction, batch: MemberBatch, ids: readonly number[]): Promise<void> {
  await trx.raw(
    `insert into member_batch_members (batch_id, member_id)
     select ?, id from patreon_members where id = any(?::bigint[])`,
    [batch.id, [...ids]],
  );
}

/** How somebody of this role reads the list. */
export function readerOf({ id, role }: Pick<Staff, 'id' | 'role'>, now: Date): MemberReader {
  return {
    seesEmail: may(role, 'members.email'),
    seesMoney: may(role, 'money.read'),
    seesAddress: may(role, 'members.address'),
    seesFollowUps: may(role, 'members.annotate'),
    staffId: id,
    now,
  };
}

type Ending = { state: BatchState; failure?: string; done?: number; changed?: number; last_id?: number };

async function finish(trx: Knex.Transaction, batch: MemberBatch, ending: Ending): Promise<MemberBatch> {
  if (ending.state === 'succeeded') await settleLabel(trx, batch);
  await trx('member_batch_members').where('batch_id', batch.id).delete();
  const { body: _forgotten, ...kept } = batch.arguments;
  return patch(trx, batch, { ...ending, arguments: kept, query: lasting(batch.query), finished_at: trx.fn.now() });
}

/** A text that was searched for may be somebody's e-mail, and this row outlives the member. */
function lasting(query: string | null): string | null {
  return query === null || new URLSearchParams(query).has('q') ? null : query;
}

/** A merged or deleted label goes with the end of its batch; who was given it meanwhile is brought along. */
async function settleLabel(trx: Knex.Transaction, batch: MemberBatch): Promise<void> {
  if (batch.action !== 'merge_label' && batch.action !== 'delete_label') return;
  const id = batch.arguments.label_id as number;
  await trx('labels').where({ id }).forUpdate().first('id');
  const late: number[] = await trx('member_labels').where('label_id', id).pluck('member_id');
  if (late.length > 0) await BULK_ACTIONS[batch.action](trx, batch, late);
  await trx('labels').where({ id }).delete();
}

/** Ends a batch that nobody has brought on, unless somebody did meanwhile; answers how many it ended. */
async function giveUp(knex: Knex, id: number): Promise<number> {
  return knex.transaction(async (trx) => {
    const batch = await MemberBatch.lock(id, trx);
    const { rows } = await trx.raw('select ?::timestamptz < now() - ?::interval as stalled', [
      batch?.heartbeat_at ?? null,
      GIVEN_UP,
    ]);
    if (!batch?.isOpen || !rows[0].stalled) return 0;
    await finish(trx, batch, { state: 'failed', failure: 'stalled' });
    return 1;
  });
}

/** Queues again what nobody works on: its process may have been killed. Gives up what a day has not helped. */
export async function recoverBatches(context: Context): Promise<{ requeued: number; failed: number }> {
  const { knex } = context;
  const open = () => knex('member_batches').whereIn('state', ['queued', 'running']);
  const stalled: number[] = await open()
    .whereRaw('heartbeat_at < now() - ?::interval', [GIVEN_UP])
    .limit(100)
    .pluck('id');
  let failed = 0;
  for (const id of stalled) failed += await giveUp(knex, id);
  const ids: number[] = await open().whereRaw('heartbeat_at < now() - ?::interval', [SILENT]).limit(100).pluck('id');
  for (const id of ids) await queueBatch(context, { id });
  return { requeued: ids.length, failed };
}
