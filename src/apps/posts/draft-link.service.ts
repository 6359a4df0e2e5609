import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ConflictError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { PostDraft } from './draft.model';
import { moveDraft } from './draft-moves.service';
import { PatreonPost } from './post.model';
import type { Candidate, Handed } from './post-matching';

export interface Arrival {
  draft: Pick<Handed, 'id' | 'handed_off_version'>;
  postId: number;
  /** Null: a sync found it. */
  by: Actor | null;
}

/**
 * Links a draft with what it became, if it still waits and the post is still free.
 * @returns whether it was linked: another process may have been first
 */
export async function arrive(context: Context, arrival: Arrival): Promise<boolean> {
  try {
    return await context.knex.transaction((trx) => link(trx, arrival, context.clock.now()));
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

async function link(trx: Knex.Transaction, { draft, postId, by }: Arrival, now: Date): Promise<boolean> {
  const found = await PostDraft.lockLive(draft.id, trx);
  const isWaiting = found?.state === 'handed_off' && found.handed_off_version === draft.handed_off_version;
  if (!found || !isWaiting || (found.post_id !== null && found.post_id !== postId)) return false;
  const post = await trx('patreon_posts')
    .where({ id: postId, campaign_id: found.campaign_id })
    .whereNull('gone_at')
    .forShare()
    .first('id');
  if (!post) return false;
  await found.$query(trx).patch({ post_id: postId });
  await moveDraft(trx, { draftId: draft.id, to: 'published', staffId: by?.staffId ?? null, now });
  await trx('post_draft_comparisons').where({ draft_id: draft.id }).delete();
  await trx('post_draft_candidates').where({ draft_id: draft.id }).whereNull('refused_at').delete();
  const subject = { type: 'post', id: draft.id };
  if (by) await recordAudit(trx, { ...by, action: 'draft.linked', subject, details: { post_id: postId } });
  return true;
}

/** PostgreSQL's unique violation: another draft has this post. */
const isTaken = (error: unknown): boolean =>
  (error as { code?: string }).code === '23505' ||
  (error as { nativeError?: { code?: string } }).nativeError?.code === '23505';

/** Offers these posts to staff as what a draft may have become, and no others. */
export async function keepCandidates(
  { knex, clock }: Context,
  draft: Pick<Handed, 'id'>,
  candidates: readonly Pick<Candidate, 'postId' | 'hasSameTitle' | 'likeness'>[],
): Promise<void> {
  const ids = candidates.map(({ postId }) => postId);
  await knex.transaction(async (trx) => {
    await trx('post_draft_candidates')
      .where({ draft_id: draft.id })
      .whereNull('refused_at')
      .whereRaw('post_id <> all(?::bigint[])', [ids])
      .delete();
    if (candidates.length === 0) return;
    await trx('post_draft_candidates')
      .insert(
        candidates.map(({ postId, hasSameTitle, likeness }) => ({
          draft_id: draft.id,
          post_id: postId,
          has_same_title: hasSameTitle,
          likeness,
          found_at: clock.now().toISOString(),
        })),
      )
      .onConflict(['draft_id', 'post_id'])
      .merge(['has_same_title', 'likeness']);
  });
}

/**
 * Staff say that a post is what a draft became. Saying so again changes nothing.
 * @throws ConflictError when the post is not offered (any more), the draft does not wait, or another draft has the post
 */
export async function confirmArrival(context: Context, draft: PostDraft, postId: number, actor: Actor): Promise<void> {
  if (draft.post_id === postId && draft.state !== 'handed_off') return;
  const offered = await context
    .knex('post_draft_candidates')
    .where({ draft_id: draft.id, post_id: postId })
    .whereNull('refused_at')
    .first('post_id');
  const { id, handed_off_version } = draft;
  const isLinked =
    offered !== undefined &&
    handed_off_version !== null &&
    (await arrive(context, { draft: { id, handed_off_version }, postId, by: actor }));
  if (!isLinked) throw new ConflictError('This post cannot be linked any more. Look at it again first.', 'not_free');
}

/**
 * Staff say that none of these posts is the draft: they are never offered again. Those that were found since are not
 * among `postIds`, and stay. Safe to repeat.
 */
export async function refuseCandidates(
  { knex, clock }: Context,
  { draftId, postIds, staffId }: { draftId: number; postIds: readonly number[]; staffId: number },
): Promise<void> {
  await knex('post_draft_candidates')
    .where({ draft_id: draftId })
    .whereRaw('post_id = any(?::bigint[])', [[...postIds]])
    .whereNull('refused_at')
    .update({ refused_at: clock.now().toISOString(), refused_by: staffId });
}

export interface OfferedPost {
  post: PatreonPost;
  hasSameTitle: boolean;
  likeness: number | null;
}

/** The posts that a draft may have become, the likeliest first. */
export async function listOffered(draftId: number, knex: Knex): Promise<OfferedPost[]> {
  const rows: { post_id: number; has_same_title: boolean; likeness: number | null }[] = await knex(
    'post_draft_candidates',
  )
    .select('post_id', 'has_same_title', 'likeness')
    .where({ draft_id: draftId })
    .whereNull('refused_at')
    .orderByRaw('has_same_title desc, likeness desc nulls last, post_id')
    .limit(10);
  const posts = await PatreonPost.query(knex).findByIds(rows.map(({ post_id }) => post_id));
  return rows.flatMap(({ post_id, has_same_title, likeness }) => {
    const post = posts.find(({ id, gone_at }) => id === post_id && gone_at === null);
    return post ? [{ post, hasSameTitle: has_same_title, likeness }] : [];
  });
}
