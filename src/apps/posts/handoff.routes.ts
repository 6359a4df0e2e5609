import { pipeline } from 'node:stream/promises';
import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { parseForm } from '../../http/parse';
import { resolveSiteUrl } from '../../patreon/site-url';
import { actorOf } from '../accounts/audit.service';
import { handOffPictures, zipPictures } from './handoff-pictures';
import { handOffSheet, handOffVersion } from './handoff-sheet';
import { PatreonPost } from './post.model';
import { handOffForm } from './workflow.schemas';
import { handOff } from './workflow.service';
import { draftLocals, findDraft } from './workflow-place';
import { refusalWords } from './workflow-refusal';

/** Where Patreon has a new post written. A revision begins on the page of its post. */
const COMPOSER = 'https://www.patreon.com/posts/new';

/** The sheet with which a post is made on Patreon by hand. */
export function handOffRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/posts/:id/handoff/', allow('posts.read'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    await showSheet(req, res, 200);
  });

  router.get('/patreon/posts/:id/handoff/pictures/', allow('posts.read'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const version = await handOffVersion(found.draft, knex);
    const pictures = version ? await handOffPictures(found.draft.campaign_id, version, knex) : [];
    if (pictures.length === 0) throw new NotFoundError();
    res.attachment(`post-${found.draft.id}-pictures.zip`).type('application/zip');
    // Whoever leaves before the end ends it: there is nobody to tell.
    await pipeline(zipPictures(pictures, knex), res).catch((error: unknown) => {
      context.log.debug({ err: error, draftId: found.draft.id }, 'a zip of pictures was not sent to its end');
      res.destroy();
    });
  });

  router.post('/patreon/posts/:id/handoff/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    try {
      const { version } = parseForm(handOffForm, req.body ?? {});
      const outcome = await handOff(context, found.draft.id, version, actorOf(req));
      req.flash('success', req.t(`workflow:handedOff.${outcome}`));
      res.redirect(303, `/patreon/posts/${found.draft.id}/handoff/`);
    } catch (error) {
      const { status, words } = refusalWords(req, error);
      await showSheet(req, res, status, words);
    }
  });

  async function showSheet(req: Request, res: Response, status: number, problem: string | null = null): Promise<void> {
    const found = await findDraft(req, context);
    if (!found) throw new NotFoundError();
    const { draft, campaign } = found;
    const version = await handOffVersion(draft, knex);
    const sheet = version ? await handOffSheet(draft, version, { picture: req.t('posts:picture') }, knex) : null;
    const locals = draftLocals(req, found, req.t('workflow:handoff.title'));
    const post = draft.post_id === null ? undefined : await PatreonPost.findById(draft.post_id, knex);
    const target = (post && resolveSiteUrl(post.url)) ?? COMPOSER;
    const scripts = ['handoff'];
    res.view('drafts/handoff', { ...locals, currency: campaign.currency, sheet, target, problem, scripts }, { status });
  }

  return router;
}
