import { Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { draftRoutes } from './draft.routes';
import { countAudience } from './draft-audience.service';
import { showConflict } from './draft-conflict';
import { createDraftByForm } from './draft-creation.service';
import { checkWritten, formStateOf, readDraftForm, typedState } from './draft-form';
import { showDraftForm } from './draft-form-page';
import { draftHistoryRoutes } from './draft-history.routes';
import { draftRevisionRoutes } from './draft-revision.routes';
import { actionForm, audienceForm } from './drafts.schemas';
import { afterSave, savingRoutes } from './drafts-saving.routes';
import { newPostContent } from './post-template-content';

/** Drafts: writing, saving, versions. */
export function draftsRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/campaigns/:id/create-post/', allow('posts.write'), async (req, res) => {
    const campaign = await findCampaign(rowId(req.params.id));
    await showDraftForm(req, res, context, {
      campaign,
      values: await formStateOf(await newPostContent(req.query, campaign, req.locale, knex), campaign, knex),
    });
  });

  router.post('/patreon/campaigns/:id/create-post/', allow('posts.write'), async (req, res) => {
    const campaign = await findCampaign(rowId(req.params.id));
    try {
      const { action, token } = parseForm(actionForm, req.body ?? {});
      const content = await readDraftForm(req.body, campaign, undefined, knex);
      checkWritten(content, action);
      const state = action === 'idea' ? 'idea' : 'draft';
      const form = { campaignId: campaign.id, content, actor: actorOf(req), state, formToken: token } as const;
      const outcome = await createDraftByForm(context, form);
      if (outcome.isSaved) return res.redirect(303, await afterSave(req, context, outcome, action));
      return await showConflict(req, res, context, { campaign, outcome, content, baseVersion: 1 });
    } catch (error) {
      const page = { campaign, values: typedState(req), errors: formMessages(req, error) };
      return showDraftForm(req, res, context, page, 422);
    }
  });

  router.get('/patreon/posts/audience/', allow('posts.write'), async (req, res) => {
    const asked = parseForm(audienceForm, req.query);
    const campaign = await findCampaign(asked.campaign);
    const tiers = await PatreonTier.listOfCampaign(campaign.id, asked.tiers, knex);
    if (tiers.length !== new Set(asked.tiers).size) throw new ValidationError({ tiers: 'drafts:problem.tiers' });
    const choice = { ...asked, tiers: [...tiers.map((tier) => tier.patreon_id), ...asked.unread_tiers] };
    const audienceCount = await countAudience(campaign.id, choice, knex);
    const locals = { title: req.t('drafts:audience.title'), section: 'posts', audienceCount };
    res.view('drafts/audience', locals, { fragment: 'drafts/_audience' });
  });

  router.use(savingRoutes(context));
  router.use(draftRevisionRoutes(context));
  router.use(draftHistoryRoutes(context));
  router.use(draftRoutes(context));

  async function findCampaign(id: number): Promise<PatreonCampaign> {
    const campaign = await PatreonCampaign.findById(id, knex);
    if (!campaign) throw new NotFoundError();
    return campaign;
  }

  return router;
}
