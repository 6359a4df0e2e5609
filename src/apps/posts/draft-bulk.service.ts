import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import type { BulkAction } from './draft-bulk.schemas';
import { type BulkChoice, readDrafts, sortDrafts } from './draft-bulk-choice';
import { type BatchEntry, type BulkArguments, changeDrafts, revertDrafts } from './draft-bulk-work';

export interface BulkOutcome {
  batchId: number;
  changed: number;
  left: BulkChoice['left'];
  /** How many stand on a day in the past now. */
  past: number;
}

const KEPT_DAYS = 30;

/** Changes what can be changed, all in one transaction, and keeps what it was. */
export async function applyToDrafts(
  { knex, clock }: Context,
  { ids, action, args }: { ids: readonly number[]; action: BulkAction; args: BulkArguments },
  actor: Actor,
): Promise<BulkOutcome> {
  const now = clock.now();
  return knex.transaction(async (trx) => {
    const choice = sortDrafts(ids, await readDrafts(ids, trx, 'for update'), action);
    const { entries, past } = await changeDrafts(trx, choice.fit, {
      action,
      args,
      staffId: actor.staffId ?? null,
      now,
    });
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
    const changed = await revertDrafts(trx, batch, { staffId: actor.staffId ?? null, now });
    await trx('post_draft_batches').update({ undone_at: now.toISOString() }).where({ id: batchId });
    const subject = { type: 'draft_batch', id: batchId };
    await recordAudit(trx, { ...actor, action: 'draft_batch.undone', subject, details: { total: changed } });
    return { changed, left: batch.drafts.length - changed };
  });
}
