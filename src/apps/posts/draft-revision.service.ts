import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { htmlMarkdown } from '../../lib/html-markdown';
import type { Actor } from '../accounts/audit.service';
import { type DraftContent, PostDraft } from './draft.model';
import { EMPTY_CONTENT, LONGEST } from './draft-content';
import { createDraftIn } from './draft-creation.service';
import { moveDraft } from './draft-moves.service';
import { isLive } from './draft-states';
import { changeDraft } from './drafts.service';
import { isAccepted } from './drift.service';
import { PatreonPost } from './post.model';

export interface Revision {
  draftId: number;
  /** Patreon's text is longer than a draft can be. */
  isCut: boolean;
  /** Whether it begins with Patreon's text. */
  isPatreons: boolean;
}

/**
 * Begins a new version of a live post with Patreon's text. A post that has a draft keeps it: what is asked for twice is
 * done once. @throws NotFoundError for a post that is gone
 */
export async function reviseMirrored(
  { knex, clock }: Context,
  postId: number,
  actor: Actor,
  words: { picture: string },
): Promise<Revision> {
  return knex.transaction(async (trx) => {
    const post = await PatreonPost.query(trx).findById(postId).whereNull('gone_at').forUpdate();
    if (!post) throw new NotFoundError();
    const known = await findRevision(postId, trx);
    if (known) return { draftId: known.id, isCut: false, isPatreons: false };
    const { content, isCut } = contentOfPost(post, words);
    const draft = await createDraftIn(trx, { campaignId: post.campaign_id, content, actor, postId }, clock);
    return { draftId: draft.id, isCut, isPatreons: true };
  });
}

/**
 * Takes a draft back, so that it can be changed. One whose copy on Patreon was changed, accepted or not, begins with
 * Patreon's text; what it said itself stays in its history. @throws NotFoundError, and ConflictError where that is no legal move
 */
export async function takeBack(
  { knex, clock }: Context,
  draftId: number,
  actor: Actor,
  words: { picture: string },
): Promise<Revision> {
  return knex.transaction(async (trx) => {
    const draft = await PostDraft.lockLive(draftId, trx);
    if (!draft) throw new NotFoundError();
    const isPatreons = draft.state === 'drifted' || (draft.state === 'published' && (await isAccepted(draftId, trx)));
    const now = clock.now();
    // What it was planned for is over: a revision has a plan of its own, or none.
    const isOver = isLive(draft.state) && draft.planned_for !== null && new Date(draft.planned_for) < now;
    const plan = isOver ? { planned_for: null } : {};
    await moveDraft(trx, { draftId, to: 'draft', staffId: actor.staffId ?? null, now });
    const post = isPatreons && draft.post_id !== null ? await PatreonPost.findById(draft.post_id, trx) : undefined;
    if (!post) {
      if (isOver) await changeDraft(trx, { draftId, change: plan, actor }, clock);
      return { draftId, isCut: false, isPatreons: false };
    }
    const { content, isCut } = contentOfPost(post, words);
    const { title, content: text, is_public, is_paid, tiers } = content;
    await changeDraft(
      trx,
      { draftId, change: { title, content: text, is_public, is_paid, tiers, ...plan }, actor },
      clock,
    );
    return { draftId, isCut, isPatreons };
  });
}

/** The draft that a mirrored post is, or is to become, again. */
export async function findRevision(postId: number, db: Context['knex']): Promise<PostDraft | undefined> {
  return PostDraft.query(db).findOne({ post_id: postId }).whereNull('deleted_at');
}

/** What Patreon tells of a post, as a draft holds it: with tiers that we never read as well. */
export function contentOfPost(
  post: PatreonPost,
  words: { picture: string },
): { content: DraftContent; isCut: boolean } {
  const text = htmlMarkdown(post.content, words);
  const content = {
    ...EMPTY_CONTENT,
    title: cutText(post.title ?? '', LONGEST.title)
      .replaceAll(/\s+/g, ' ')
      .trim(),
    content: cutText(text, LONGEST.content),
    is_paid: post.is_paid ?? false,
    is_public: post.is_public ?? false,
    tiers: [...new Set(post.tiers ?? [])],
  };
  return { content, isCut: text.length > LONGEST.content };
}

/** Never through the middle of a character. */
export const cutText = (text: string, most: number): string =>
  text
    .slice(0, most)
    .toWellFormed()
    .replace(/\uFFFD$/, '');
