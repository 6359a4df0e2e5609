import type { Knex } from 'knex';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { IgnoredPost } from './ignored-post.model';
import { PatreonPost } from './post.model';

/** Nobody types more than this. */
const TYPED = 200;

/** What has to be typed: the title, or Patreon's id where there is none or one that is too long to type. */
export function postConfirmation({ title, patreon_id }: Pick<PatreonPost, 'title' | 'patreon_id'>): string {
  const words = title?.trim() ?? '';
  return words === '' || words.length > TYPED ? patreon_id : words;
}

/** Changes are counted no further. */
const COUNTED = 1_000;

/** What goes with a post: its kept changes, no further than a thousand, and the draft that stays behind. */
export async function readPostContents(
  post: PatreonPost,
  knex: Knex,
): Promise<{ changes: { count: number; capped: boolean }; draft: { id: number; title: string } | undefined }> {
  const kept = knex('patreon_changes')
    .where({ campaign_id: post.campaign_id, resource: 'post', record_id: post.id })
    .select(knex.raw('1'))
    .limit(COUNTED + 1);
  const [[counted], draft] = await Promise.all([
    knex.count<{ count: number }[]>('* as count').from(kept.as('kept')),
    findDraftOf(post.id, knex),
  ]);
  const count = Number(counted?.count ?? 0);
  return { changes: { count: Math.min(count, COUNTED), capped: count > COUNTED }, draft };
}

/** The draft that became this post. */
export async function findDraftOf(
  postId: number,
  knex: Knex,
): Promise<{ id: number; title: string; state: string } | undefined> {
  return knex('post_drafts').where({ post_id: postId }).whereNull('deleted_at').first('id', 'title', 'state');
}

/**
 * Deletes a post here, never at Patreon: with its kept changes and its words for searching. Its draft stays, without the
 * link. No sync brings it back. @throws ValidationError when the title was not typed
 */
export async function deletePost(
  { knex }: Context,
  post: PatreonPost,
  confirmation: string,
  actor: Actor,
): Promise<void> {
  const wanted = postConfirmation(post).replace(/\s+/g, ' ');
  if (confirmation.trim().replace(/\s+/g, ' ') !== wanted)
    throw new ValidationError({ confirm: 'archive:problem.confirm' });
  await knex.transaction(async (trx) => {
    const found = await PatreonPost.query(trx).findById(post.id).select('id').forUpdate();
    // Sent twice: the other one did it.
    if (!found) return;
    const { campaign_id, patreon_id } = post;
    await IgnoredPost.query(trx)
      .insert({ campaign_id, patreon_id, title: (post.title ?? '').slice(0, 300), ignored_by: actor.staffId ?? null })
      .onConflict(['campaign_id', 'patreon_id'])
      .ignore();
    await PatreonPost.query(trx).deleteById(post.id);
    const subject = { type: 'post', id: post.id };
    await recordAudit(trx, { ...actor, action: 'post.deleted', subject, details: { patreon_id } });
  });
}

/** Lets syncs bring the post back. */
export async function unignorePost({ knex }: Context, id: number, actor: Actor): Promise<IgnoredPost> {
  return knex.transaction(async (trx) => {
    const ignored = await IgnoredPost.query(trx).findById(id).forUpdate();
    if (!ignored) throw new NotFoundError();
    await IgnoredPost.query(trx).deleteById(id);
    const details = { patreon_id: ignored.patreon_id };
    await recordAudit(trx, { ...actor, action: 'post.unignored', details });
    return ignored;
  });
}
