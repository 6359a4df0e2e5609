import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { PostDraft } from './draft.model';
import { PostDraftComment } from './draft-comment.model';

export interface CommentPlace {
  draftId: number;
  commentId: number;
}

/**
 * @param version what was commented on; null: the version that the draft has now
 * @throws NotFoundError for a draft, or a version of it, that is not there
 */
export async function addComment(
  { knex, clock }: Context,
  draftId: number,
  { body, version, staffId }: { body: string; version: number | null; staffId: number },
): Promise<number> {
  return knex.transaction(async (trx) => {
    const draft = await PostDraft.lockLive(draftId, trx);
    if (!draft || (version ?? 1) > draft.version) throw new NotFoundError();
    const comment = await PostDraftComment.query(trx)
      .insert({
        draft_id: draftId,
        version: version ?? draft.version,
        body,
        author_id: staffId,
        created_at: clock.now().toISOString(),
      })
      .returning('id');
    return comment.id;
  });
}

/** Settles a comment or opens it again; doing so twice changes nothing. @throws NotFoundError */
export async function resolveComment(
  { knex, clock }: Context,
  { draftId, commentId }: CommentPlace,
  { isResolved, staffId }: { isResolved: boolean; staffId: number },
): Promise<void> {
  await knex.transaction(async (trx) => {
    const draft = await PostDraft.findLive(draftId, trx);
    const comment = await PostDraftComment.query(trx).findById(commentId).where('draft_id', draftId).forUpdate();
    if (!draft || !comment) throw new NotFoundError();
    if ((comment.resolved_at !== null) === isResolved) return;
    await comment.$query(trx).patch({
      resolved_at: isResolved ? clock.now().toISOString() : null,
      resolved_by: isResolved ? staffId : null,
    });
  });
}
