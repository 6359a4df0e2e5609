import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { parseForm } from '../../http/parse';
import { renderMarkdown } from '../../lib/markdown';
import { sanitizePatreonHtml } from '../../lib/rich-text';
import { resolveSiteUrl } from '../../patreon/site-url';
import { actorOf } from '../accounts/audit.service';
import { confirmArrival, listOffered, type OfferedPost, refuseCandidates } from './draft-link.service';
import { PostDraftVersion } from './draft-version.model';
import { postAudience } from './post.model';
import { ALIKE } from './post-matching';
import { matchForm } from './workflow.schemas';
import { draftLocals, type FoundDraft, findDraft } from './workflow-place';
import { refusalWords } from './workflow-refusal';

/** Which post a draft became, where staff have to say so. */
export function matchRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/posts/:id/match/', allow('posts.read'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    await showMatch(req, res, found);
  });

  router.post('/patreon/posts/:id/match/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    try {
      const { post, seen } = parseForm(matchForm, req.body ?? {});
      const actor = actorOf(req);
      const draftId = found.draft.id;
      if (post === 'none')
        await refuseCandidates(context, { draftId, postIds: seen, staffId: actor.staffId as number });
      else await confirmArrival(context, found.draft, post, actor);
      req.flash('success', req.t(post === 'none' ? 'workflow:match.refused' : 'workflow:match.confirmed'));
      res.redirect(303, `/patreon/posts/${found.draft.id}/`);
    } catch (error) {
      const { status, words } = refusalWords(req, error);
      await showMatch(req, res, found, words, status);
    }
  });

  async function showMatch(
    req: Request,
    res: Response,
    found: FoundDraft,
    problem: string | null = null,
    status = 200,
  ): Promise<void> {
    const { draft } = found;
    const words = { picture: req.t('posts:picture') };
    const [offered, version] = await Promise.all([
      draft.state === 'handed_off' ? listOffered(draft.id, knex) : [],
      draft.handed_off_version === null ? undefined : PostDraftVersion.find(draft.id, draft.handed_off_version, knex),
    ]);
    const candidates = offered.map((one) => ({
      ...one,
      likenessWord: likenessWord(one),
      audience: postAudience(one.post),
      html: sanitizePatreonHtml(one.post.content, words),
      patreonHref: resolveSiteUrl(one.post.url),
    }));
    const own = version ? { version, html: renderMarkdown(version.content, words) } : null;
    const locals = draftLocals(req, found, req.t('workflow:match.title'));
    res.view('drafts/match', { ...locals, candidates, own, problem }, { status });
  }

  return router;
}

/** How alike two texts are, for people. */
function likenessWord({ likeness }: OfferedPost): string {
  if (likeness === null) return 'unknown';
  if (likeness > 0.98) return 'same';
  if (likeness >= 0.8) return 'nearly';
  return likeness >= ALIKE ? 'partly' : 'hardly';
}
