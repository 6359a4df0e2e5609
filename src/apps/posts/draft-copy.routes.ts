import { Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { type DraftContent, PostDraft } from './draft.model';
import { contentOf, LONGEST } from './draft-content';
import { createDraft } from './draft-creation.service';
import { contentOfPost, cutText } from './draft-revision.service';
import { PatreonPost } from './post.model';

/** A new draft that begins with the text of another, or of a published post. */
export function draftCopyRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.post('/patreon/posts/:id/duplicate/', allow('posts.write'), async (req, res) => {
    const found = await findText(rowId(req.params.id), { picture: req.t('posts:picture') });
    const title = req.t('planning:actions.copyOf', { title: found.content.title || req.t('drafts:untitled') });
    const content = { ...found.content, title: cutText(title, LONGEST.title), planned_for: null };
    const draft = await createDraft(context, { campaignId: found.campaignId, content, actor: actorOf(req) });
    req.flash('success', req.t('planning:actions.duplicated'));
    if (found.isCut) req.flash('warning', req.t('drafts:revision.cut'));
    res.redirect(303, `/patreon/posts/${draft.id}/edit/`);
  });

  async function findText(
    id: number,
    words: { picture: string },
  ): Promise<{ campaignId: number; content: DraftContent; isCut: boolean }> {
    const draft = await PostDraft.findLive(id, knex);
    if (draft) return { campaignId: draft.campaign_id, content: contentOf(draft), isCut: false };
    const post = await PatreonPost.findById(id, knex);
    if (!post) throw new NotFoundError();
    return { campaignId: post.campaign_id, ...contentOfPost(post, words) };
  }

  return router;
}
