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
  /** The version that whoever moves it was looking at; a later one refuses the move. */
  version?: number | undefined;
  /** By the context's clock. */
  now?: Date;
}

/** The move is not one of those that lead on from here. */
export class IllegalMoveError extends ConflictError {
  constructor(
    readonly from: DraftState,
    readonly to: DraftState,
  ) {
    super(`A post that is ${from} cannot become ${to}.`, 'illegal_move');
  }
}

/** Somebody wrote in the draft meanwhile. */
export class OutdatedMoveError extends ConflictError {
  constructor() {
    super('Somebody has changed this post meanwhile. Look at it again first.', 'outdated_version');
  }
}

/**
 * Moves a draft and notes who did it, in the caller's transaction. Asking for the state that it has changes nothing.
 * Handing off freezes the version that it has now.
 * @returns the draft as it is now, and whether it was moved
 * @throws NotFoundError, IllegalMoveError, OutdatedMoveError
 */
export async function moveDraft(
  trx: Knex.Transaction,
  { draftId, to, staffId, note = '', version, now = new Date() }: DraftMove,
): Promise<{ draft: PostDraft; isMoved: boolean }> {
  const draft = await PostDraft.lockLive(draftId, trx);
  if (!draft) throw new NotFoundError();
  if (draft.state === to) return { draft, isMoved: false };
  if (version !== undefined && version !== draft.version) throw new OutdatedMoveError();
  if (!mayMove(draft.state, to)) throw new IllegalMoveError(draft.state, to);
  const from = draft.state;
  const at = now.toISOString();
  await draft.$query(trx).patch({
    state: to,
    state_by: staffId,
    state_at: at,
    ...(to === 'handed_off' && { handed_off_version: draft.version, handed_off_at: at }),
  });
  await trx('post_draft_moves').insert({
    draft_id: draftId,
    from_state: from,
    to_state: to,
    version: draft.version,
    note,
    moved_by: staffId,
    moved_at: at,
  });
  return { draft, isMoved: true };
}
