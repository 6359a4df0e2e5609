import { type Request, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { PostDraft } from './draft.model';
import { isLocalTime } from './planned-time';
import { PostTemplate } from './post-template.model';
import { templateForm } from './post-template.schemas';
import { deleteKept, restoreKept, saveKept, tierIdsOf } from './post-template.service';
import {
  EMPTY_TEMPLATE,
  showTemplateForm,
  showTemplates,
  TEMPLATES,
  templateState,
  typedTemplate,
} from './post-template-page';

/** What posts of one kind begin with. */
export function postTemplateRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get(TEMPLATES, allow('posts.write'), (req, res) => showTemplates(req, res, context));

  // `draft` names one that is to become a template, `campaign` the campaign that a new one is for.
  router.get(`${TEMPLATES}create/`, allow('posts.write'), async (req, res) => {
    const { draft: from, campaign } = req.query;
    const draft = from === undefined ? undefined : await PostDraft.findLive(rowId(from), knex);
    if (from !== undefined && !draft) throw new NotFoundError();
    const campaignId = draft ? draft.campaign_id : campaign === undefined || campaign === '' ? null : rowId(campaign);
    const values = draft ? await templateState(draft, context) : EMPTY_TEMPLATE;
    await showTemplateForm(req, res, context, { campaignId, values });
  });

  router.post(`${TEMPLATES}create/`, allow('posts.write'), async (req, res) => {
    try {
      const values = await readForm(req);
      await saveKept(context, 'post_templates', { values }, actorOf(req));
      req.flash('success', req.t('postTemplate:done.created', { name: values.name }));
      res.redirect(303, TEMPLATES);
    } catch (error) {
      const errors = formMessages(req, error);
      const { campaign } = typedValues(req, ['campaign']);
      const campaignId = /^[1-9]\d{0,14}$/.test(campaign) && !errors.campaign ? Number(campaign) : null;
      await showTemplateForm(req, res, context, { campaignId, values: typedTemplate(req), errors }, 422);
    }
  });

  router.get(`${TEMPLATES}:id/`, allow('posts.write'), async (req, res) => {
    const template = await findTemplate(req);
    const values = await templateState(template, context);
    const { campaign_id: campaignId, saved_at: seen } = template;
    await showTemplateForm(req, res, context, { template, campaignId, values, seen });
  });

  router.post(`${TEMPLATES}:id/`, allow('posts.write'), async (req, res) => {
    const template = await findTemplate(req);
    try {
      const values = { ...(await readForm(req, template)), campaign_id: template.campaign_id };
      await saveKept(
        context,
        'post_templates',
        { id: template.id, values, ...typedValues(req, ['seen']) },
        actorOf(req),
      );
      req.flash('success', req.t('postTemplate:done.changed', { name: values.name }));
      res.redirect(303, TEMPLATES);
    } catch (error) {
      const errors = formMessages(req, error);
      const seen = seenAfter(req, template, errors);
      const shown = { template, campaignId: template.campaign_id, values: typedTemplate(req), seen };
      await showTemplateForm(req, res, context, { ...shown, errors }, 422);
    }
  });

  router.post(`${TEMPLATES}:id/delete/`, allow('posts.write'), async (req, res) => {
    const { id, name } = await findTemplate(req);
    await deleteKept(context, 'post_templates', id, actorOf(req));
    const undo = { address: `${TEMPLATES}${id}/undelete/`, label: req.t('postTemplate:undo') };
    req.flash('success', req.t('postTemplate:done.deleted', { name }), undo);
    res.redirect(303, TEMPLATES);
  });

  router.post(`${TEMPLATES}:id/undelete/`, allow('posts.write'), async (req, res) => {
    try {
      const name = await restoreKept(context, 'post_templates', shortId(req.params.id), actorOf(req));
      req.flash('success', req.t('postTemplate:done.restored', { name }));
    } catch (error) {
      req.flash('error', Object.values(formMessages(req, error))[0] ?? '');
    }
    res.redirect(303, TEMPLATES);
  });

  router.get(`${TEMPLATES}:id/use/`, allow('posts.write'), async (req, res) => {
    const template = await findTemplate(req);
    const campaignId = template.campaign_id ?? rowId(req.query.campaign);
    const parameters = new URLSearchParams({ template: String(template.id) });
    const { planned_for } = req.query;
    if (typeof planned_for === 'string' && isLocalTime(planned_for)) parameters.set('planned_for', planned_for);
    res.redirect(303, `/patreon/campaigns/${campaignId}/create-post/?${parameters}`);
  });

  async function findTemplate(req: Request): Promise<PostTemplate> {
    const template = await PostTemplate.findLive(rowId(req.params.id), knex);
    if (!template) throw new NotFoundError();
    return template;
  }

  /** @throws ValidationError with a message per field */
  async function readForm(req: Request, template?: PostTemplate) {
    const { campaign, tiers, ...values } = parseForm(templateForm, req.body ?? {});
    const campaign_id = template ? template.campaign_id : campaign;
    return { ...values, campaign_id, tiers: await tierIdsOf(campaign_id, tiers, knex) };
  }

  return router;
}

/** Of which save the form knows after a refusal: the latest one only where it told of it. */
export function seenAfter(req: Request, kept: { saved_at: string }, errors: Record<string, string>): string {
  return errors.changed ? kept.saved_at : typedValues(req, ['seen']).seen;
}

/** Of a column of four bytes: what is longer names nothing. @throws NotFoundError */
export function shortId(value: unknown): number {
  const id = rowId(value);
  if (id > 2_147_483_647) throw new NotFoundError();
  return id;
}
