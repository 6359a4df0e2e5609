import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { typedValues } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { renderMarkdown } from '../../lib/markdown';
import { actorOf } from '../accounts/audit.service';
import { addComment, resolveComment } from './draft-comments.service';
import { acceptDrift } from './drift.service';
import { handOffRoutes } from './handoff.routes';
import { matchRoutes } from './match.routes';
import { acceptForm, commentForm, moveForm, resolveForm } from './workflow.schemas';
import { moveByStaff } from './workflow.service';
import { type RefusedForm, workflowLocals } from './workflow-page';
import { draftLocals, type FoundDraft, findDraft } from './workflow-place';
import { refusalWords } from './workflow-refusal';

const MOVE_FIELDS = ['to', 'note', 'version', 'reviewed'] as const;
const COMMENT_FIELDS = ['body', 'version'] as const;

/** Review of drafts: moves from state to state, comments; then hand-off and arrival. */
export function workflowRoutes(context: Context): Router {
  const router = Router();
  router.use(handOffRoutes(context));
  router.use(matchRoutes(context));

  router.get('/patreon/posts/:id/review/', allow('posts.read'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    await showReview(req, res, found);
  });

  router.post('/patreon/posts/:id/move/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const values = typedValues(req, MOVE_FIELDS);
    await change(req, res, { form: 'move', values }, async () => {
      const { to, note, version, reviewed } = parseForm(moveForm, req.body ?? {});
      const asked = { to, note, version, isReviewed: reviewed };
      const outcome = await moveByStaff(context, found.draft, asked, actorOf(req));
      if (outcome === 'stopped') return { form: req.t('workflow:problem.notReady') };
      if (outcome === 'moved') req.flash('success', req.t('workflow:moved', { state: req.t(`shared:draft.${to}`) }));
      return null;
    });
  });

  router.post('/patreon/posts/:id/accept/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    await change(req, res, { form: 'move', values: {} }, async () => {
      await acceptDrift(context, found.draft.id, parseForm(acceptForm, req.body ?? {}).seen, actorOf(req));
      req.flash('success', req.t('workflow:drift.accepted'));
      return null;
    });
  });

  router.post('/patreon/posts/:id/comments/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const values = typedValues(req, COMMENT_FIELDS);
    await change(req, res, { form: 'comment', values }, async () => {
      const { body, version = null } = parseForm(commentForm, req.body ?? {});
      const { staffId } = actorOf(req);
      await addComment(context, found.draft.id, { body, version, staffId: staffId as number });
      return null;
    });
  });

  router.post('/patreon/posts/:id/comments/:comment/resolve/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    await change(req, res, { form: 'comment', values: {} }, async () => {
      const { resolved } = parseForm(resolveForm, req.body ?? {});
      const place = { draftId: found.draft.id, commentId: rowId(req.params.comment) };
      await resolveComment(context, place, { isResolved: resolved, staffId: actorOf(req).staffId as number });
      return null;
    });
  });

  /** Does it and leads back to where the form stood; a refused one comes again with its words and what was typed. */
  async function change(
    req: Request,
    res: Response,
    { form, values }: Omit<RefusedForm, 'errors'>,
    work: () => Promise<Record<string, string> | null>,
  ): Promise<void> {
    try {
      const errors = await work();
      if (errors) await showRefused(req, res, { form, values, errors }, 422);
      else res.redirect(303, `/patreon/posts/${req.params.id}/${placeOf(req)}`);
    } catch (error) {
      const { status, words, errors } = refusalWords(req, error);
      await showRefused(req, res, { form, values, errors: { form: words, ...errors } }, status);
    }
  }

  async function showRefused(req: Request, res: Response, refused: RefusedForm, status: number): Promise<void> {
    const found = await findDraft(req, context);
    if (found) await showReview(req, res, found, refused, status);
    else res.redirect(303, '/patreon/posts/');
  }

  async function showReview(
    req: Request,
    res: Response,
    found: FoundDraft,
    refused: RefusedForm | null = null,
    status = 200,
  ): Promise<void> {
    const workflow = await workflowLocals(req, context, found.draft, refused);
    const html = renderMarkdown(found.draft.content, { picture: req.t('posts:picture') });
    res.view(
      'drafts/review',
      { ...draftLocals(req, found, req.t('workflow:review.title')), ...workflow, html },
      { status },
    );
  }

  return router;
}

/** Forms stand on the draft's page and on that of its review. */
function placeOf(req: Request): string {
  const { back } = typedValues(req, ['back']);
  const part = req.path.includes('/comments/') ? '#draft-comments' : '';
  return `${back === 'review' ? 'review/' : ''}${part}`;
}
