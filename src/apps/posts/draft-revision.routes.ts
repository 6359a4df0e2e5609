import { type Request, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { PostDraft } from './draft.model';
import { draftCrumbs, draftTitle } from './draft-page';
import { findRevision, type Revision, reviseMirrored, takeBack } from './draft-revision.service';
import { PatreonPost } from './post.model';

/** Changing what is past writing: a post that is live, or a draft that waits for its post. */
export function draftRevisionRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  // Comes after the form for drafts that are being written.
  router.get('/patreon/posts/:id/edit/', allow('posts.write'), async (req, res, next) => {
    const id = rowId(req.params.id);
    const draft = await PostDraft.findLive(id, knex);
    if (draft) return revisionPage(req, draft, draft.state);
    const post = await PatreonPost.findById(id, knex);
    if (!post || post.gone_at) return next();
    const known = await findRevision(post.id, knex);
    if (known) return res.redirect(303, `/patreon/posts/${known.id}/edit/`);
    return revisionPage(req, { id: post.id, title: post.title ?? '' }, null);

    function revisionPage(request: Request, of: Pick<PostDraft, 'id' | 'title'>, state: string | null): void {
      const title = request.t('drafts:revision.title', { title: draftTitle(request, of) });
      const breadcrumbs = draftCrumbs(request, of, request.t('drafts:revision.crumb'));
      res.view('drafts/revision', { title, section: 'posts', breadcrumbs, of, state });
    }
  });

  router.post('/patreon/posts/:id/revise/', allow('posts.write'), async (req, res) => {
    const id = rowId(req.params.id);
    const words = { picture: req.t('posts:picture') };
    const draft = await PostDraft.findLive(id, knex);
    const revise = draft ? takeBack : reviseMirrored;
    const revision = await revise(context, id, actorOf(req), words);
    tell(req, revision);
    res.redirect(303, `/patreon/posts/${revision.draftId}/edit/`);
  });

  return router;
}

function tell(req: Request, { isCut, isPatreons }: Revision): void {
  if (isCut) req.flash('warning', req.t('drafts:revision.cut'));
  else if (isPatreons) req.flash('info', req.t('drafts:revision.begun'));
}
