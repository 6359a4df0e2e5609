import type { Context } from '../../context';
import { type Actor, recordAudit } from '../accounts/audit.service';
import type { PostDraft } from './draft.model';
import { IllegalMoveError, moveDraft } from './draft-moves.service';
import { type DraftState, staffMoves } from './draft-states';
import { stopsReady } from './preflight';
import { preflight } from './preflight.service';

export interface AskedMove {
  to: DraftState;
  note: string;
  /** The version that was shown with the button. */
  version: number | undefined;
  /** Somebody has looked at the warnings of the check. */
  isReviewed: boolean;
}

/**
 * Moves a draft because somebody pressed a button. Pressing it twice is harmless.
 * @returns `stopped` when the check before `ready` found something that was not looked at
 * @throws NotFoundError, IllegalMoveError, OutdatedMoveError
 */
export async function moveByStaff(
  context: Context,
  draft: PostDraft,
  { to, note, version = draft.version, isReviewed }: AskedMove,
  actor: Actor,
): Promise<'moved' | 'unchanged' | 'stopped'> {
  if (draft.state === to) return 'unchanged';
  if (!staffMoves(draft.state).includes(to)) throw new IllegalMoveError(draft.state, to);
  if (to === 'handed_off') return handOff(context, draft.id, version, actor);
  if (to === 'ready' && stopsReady(await preflight(context, draft), isReviewed)) return 'stopped';
  const staffId = actor.staffId ?? null;
  const { isMoved } = await context.knex.transaction((trx) =>
    moveDraft(trx, { draftId: draft.id, to, staffId, note, version, now: context.clock.now() }),
  );
  return isMoved ? 'moved' : 'unchanged';
}

/**
 * Freezes a ready draft as what is typed on Patreon; from now on it is looked for there. Safe to repeat.
 * @throws NotFoundError, IllegalMoveError, OutdatedMoveError
 */
export async function handOff(
  { knex, clock }: Context,
  draftId: number,
  version: number | undefined,
  actor: Actor,
): Promise<'moved' | 'unchanged'> {
  return knex.transaction(async (trx) => {
    const staffId = actor.staffId ?? null;
    const move = { draftId, to: 'handed_off', staffId, version, now: clock.now() } as const;
    const { draft, isMoved } = await moveDraft(trx, move);
    if (!isMoved) return 'unchanged';
    // What was compared or accepted belonged to an earlier hand-off.
    await trx('post_draft_comparisons').where({ draft_id: draftId }).delete();
    // Of a revision even what was refused: its post may become this version yet.
    await trx('post_draft_candidates')
      .where({ draft_id: draftId })
      .whereRaw('(refused_at is null or post_id = ?)', [draft.post_id])
      .delete();
    const subject = { type: 'post', id: draftId };
    await recordAudit(trx, { ...actor, action: 'draft.handed_off', subject, details: { version: draft.version } });
    return 'moved';
  });
}
