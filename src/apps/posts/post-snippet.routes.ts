import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { postsCrumbs } from './calendar-page';
import { PostSnippet } from './post-snippet.model';
import { seenAfter, shortId } from './post-template.routes';
import { snippetForm } from './post-template.schemas';
import { deleteKept, restoreKept, saveKept } from './post-template.service';
import { SNIPPETS, showTemplates, TEMPLATES } from './post-template-page';

const TYPED = ['name', 'campaign', 'content', 'seen'] as const;

/** Words that posts have in common; they stand on the page of the templates. */
export function postSnippetRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.post(SNIPPETS, allow('posts.write'), async (req, res) => {
    try {
      const values = readForm(req);
      await saveKept(context, 'post_snippets', { values }, actorOf(req));
      req.flash('success', req.t('postTemplate:done.created', { name: values.name }));
      res.redirect(303, `${TEMPLATES}#snippets`);
    } catch (error) {
      const errors = formMessages(req, error);
      await showTemplates(req, res, context, { values: typedValues(req, TYPED), errors }, 422);
    }
  });

  router.get(`${SNIPPETS}:id/`, allow('posts.write'), async (req, res) => {
    const snippet = await findSnippet(req);
    const { name, content, saved_at: seen } = snippet;
    await snippetPage(req, res, snippet, { name, content, campaign: String(snippet.campaign_id ?? ''), seen });
  });

  router.post(`${SNIPPETS}:id/`, allow('posts.write'), async (req, res) => {
    const snippet = await findSnippet(req);
    try {
      const values = readForm(req);
      await saveKept(context, 'post_snippets', { id: snippet.id, values, ...typedValues(req, ['seen']) }, actorOf(req));
      req.flash('success', req.t('postTemplate:done.changed', { name: values.name }));
      res.redirect(303, `${TEMPLATES}#snippets`);
    } catch (error) {
      const errors = formMessages(req, error);
      const values = { ...typedValues(req, TYPED), seen: seenAfter(req, snippet, errors) };
      await snippetPage(req, res, snippet, values, errors, 422);
    }
  });

  router.post(`${SNIPPETS}:id/delete/`, allow('posts.write'), async (req, res) => {
    const { id, name } = await findSnippet(req);
    await deleteKept(context, 'post_snippets', id, actorOf(req));
    const undo = { address: `${SNIPPETS}${id}/undelete/`, label: req.t('postTemplate:undo') };
    req.flash('success', req.t('postTemplate:done.deleted', { name }), undo);
    res.redirect(303, TEMPLATES);
  });

  router.post(`${SNIPPETS}:id/undelete/`, allow('posts.write'), async (req, res) => {
    try {
      const name = await restoreKept(context, 'post_snippets', shortId(req.params.id), actorOf(req));
      req.flash('success', req.t('postTemplate:done.restored', { name }));
    } catch (error) {
      req.flash('error', Object.values(formMessages(req, error))[0] ?? '');
    }
    res.redirect(303, TEMPLATES);
  });

  async function findSnippet(req: Request): Promise<PostSnippet> {
    const snippet = await PostSnippet.findLive(rowId(req.params.id), knex);
    if (!snippet) throw new NotFoundError();
    return snippet;
  }

  async function snippetPage(
    req: Request,
    res: Response,
    snippet: PostSnippet,
    values: Record<string, string>,
    errors: Record<string, string> = {},
    status = 200,
  ): Promise<void> {
    const choices = await PatreonCampaign.listChoices(knex);
    const crumb = { label: req.t('postTemplate:title'), href: TEMPLATES };
    const breadcrumbs = postsCrumbs(req, snippet.name, crumb);
    const shown = {
      title: snippet.name,
      section: 'posts',
      breadcrumbs,
      snippet,
      choices,
      campaignName,
      values,
      errors,
    };
    res.view('planning/snippet', shown, { status });
  }

  return router;
}

/** @throws ValidationError with a message per field */
function readForm(req: Request) {
  const { campaign, ...values } = parseForm(snippetForm, req.body ?? {});
  return { ...values, campaign_id: campaign };
}
