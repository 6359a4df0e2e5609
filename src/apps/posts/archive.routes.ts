import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError, ForbiddenError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { sendDownload } from '../../http/download';
import { formMessages } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { archivePosts } from './archive.service';
import { type ArchiveChoice, archiveLocals, readArchiveChoice, readIgnoredPage, versionsLocals } from './archive-page';
import { PatreonPost } from './post.model';
import { deletePost, postConfirmation, readPostContents, unignorePost } from './post-deletion.service';
import { postCrumbs, postTitle } from './post-page';
import { confirmationForm } from './posts.schemas';

interface FoundPost {
  post: PatreonPost;
  campaign: PatreonCampaign;
}

/** Published posts: versions, archive, deletion. They stand before those of drafts: who does not know an id passes it on. */
export function archiveRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/posts/export/', allow('posts.read'), (req, res) => showArchive(req, res, context));

  router.post('/patreon/posts/export/', allow('posts.read'), (req, res) => sendArchive(req, res, context));

  router.get('/patreon/posts/ignored/', allow('posts.read'), async (req, res) => {
    res.view('posts/ignored', await readIgnoredPage(req, context));
  });

  router.post('/patreon/posts/ignored/:id/delete/', allow('posts.delete'), async (req, res) => {
    const { title, patreon_id, campaign_id } = await unignorePost(context, rowId(req.params.id), actorOf(req));
    const sync = { href: `/patreon/campaigns/${campaign_id}/sync/`, label: req.t('shared:actions.syncNow') };
    const link = req.can('sync.manage') ? sync : undefined;
    req.flash('success', req.t('archive:unignored', { title: title || patreon_id }), undefined, link);
    res.redirect(303, '/patreon/posts/ignored/');
  });

  router.get('/patreon/posts/:id/versions/', allow('posts.read'), async (req, res, next) => {
    const found = await findPost(req);
    if (!found) return next();
    res.view('posts/versions', await versionsLocals(req, context, found), { fragment: 'posts/_versions' });
  });

  // Drafts are deleted at the same address by whoever writes; posts by fewer.
  router.get('/patreon/posts/:id/delete/', allow('posts.write'), async (req, res, next) => {
    const found = await findPost(req);
    if (!found) return next();
    await showDeletion(req, res, found, {});
  });

  router.post('/patreon/posts/:id/delete/', allow('posts.write'), async (req, res, next) => {
    const found = await findPost(req);
    if (!found) return next();
    if (!req.can('posts.delete')) throw new ForbiddenError();
    try {
      const { confirm } = parseForm(confirmationForm, req.body);
      await deletePost(context, found.post, confirm, actorOf(req));
      req.flash('success', req.t('archive:deleted', { title: postTitle(req, found.post) }));
      res.redirect(303, '/patreon/posts/');
    } catch (error) {
      await showDeletion(req, res, found, formMessages(req, error), 422);
    }
  });

  async function findPost(req: Request): Promise<FoundPost | undefined> {
    const post = await PatreonPost.findById(rowId(req.params.id), knex);
    const campaign = post && (await PatreonCampaign.findById(post.campaign_id, knex));
    return post && campaign ? { post, campaign } : undefined;
  }

  async function showDeletion(
    req: Request,
    res: Response,
    { post, campaign }: FoundPost,
    errors: Record<string, string>,
    status = 200,
  ): Promise<void> {
    if (!req.can('posts.delete')) throw new ForbiddenError();
    const title = req.t('archive:delete.title', { title: postTitle(req, post) });
    const breadcrumbs = postCrumbs(req, campaign, post, req.t('archive:delete.crumb'));
    const contents = await readPostContents(post, knex);
    const page = { title, section: 'posts', breadcrumbs, post, typed: postConfirmation(post), contents, errors };
    res.view('posts/delete', page, { status });
  }

  return router;
}

async function showArchive(req: Request, res: Response, context: Context, refusal?: string): Promise<void> {
  try {
    const choice = await readArchiveChoice(req, context);
    const status = refusal === undefined ? 200 : 409;
    res.view('posts/export', { ...(await archiveLocals(req, context, choice)), refusal }, { status });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const parameterErrors = Object.values(error.fields);
    const locals = { title: req.t('archive:export.title'), section: 'posts', choice: null, parameterErrors };
    res.view('posts/export', locals, { status: 400 });
  }
}

async function sendArchive(req: Request, res: Response, context: Context): Promise<void> {
  let choice: ArchiveChoice;
  try {
    choice = await readArchiveChoice(req, context);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return showArchive(req, res, context);
  }
  const now = context.clock.now();
  const filename = `posts-${now.toISOString().slice(0, 10)}.zip`;
  const posts = choice.post ? { id: choice.post.id } : { filter: choice.filter, query: choice.search };
  const request = { posts, words: { t: req.t, now }, actor: actorOf(req) };
  try {
    await sendDownload(res, { filename, type: 'application/zip' }, (sink) => archivePosts(context, request, sink));
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    await showArchive(req, res, context, req.t('archive:export.running'));
  }
}
