import type { Knex } from 'knex';
import { ConflictError, NotFoundError } from '../../errors';
import { PostDraft } from './draft.model';
import { type DraftState, mayMove } from './draft-states';

export interface DraftMove {
  draftId: number;
  to: DraftState;
  /** Null: found by a sync. */
  staffId: number | null;
  note?: string | undefined;
}

/**
 * Moves a draft and notes who did it, in the caller's transaction. Asking for the state that it has changes nothing.
 * @throws NotFoundError, and ConflictError for a move that is not legal
 */
export async function moveDraft(trx: Knex.Transaction, { draftId, to, staffId, note = '' }: DraftMove): Promise<void> {
  const draft = await PostDraft.lockLive(draftId, trx);
  if (!draft) throw new NotFoundError();
  if (draft.state === to) return;
  if (!mayMove(draft.state, to)) throw new ConflictError(`A post that is ${draft.state} cannot become ${to}.`);
  await draft.$query(trx).patch({ state: to, state_by: staffId, state_at: new Date().toISOString() });
  await trx('post_draft_moves').insert({
    draft_id: draftId,
    from_state: draft.state,
    to_state: to,
    version: draft.version,
    note,
    moved_by: staffId,
  });
}
