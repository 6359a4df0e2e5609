import { type Request, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { renderMarkdown } from '../../lib/markdown';
import { actorOf } from '../accounts/audit.service';
import { Staff } from '../accounts/staff.model';
import { campaignName } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { countAudience } from './draft-audience.service';
import { deleteDraft, restoreDraft } from './draft-deletion.service';
import { draftCrumbs, draftTitle } from './draft-page';
import { isLive } from './draft-states';
import { PatreonPost } from './post.model';
import { workflowLocals } from './workflow-page';
import { type FoundDraft, findDraft } from './workflow-place';

/** The page of one draft, and deleting it. */
export function draftRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/posts/:id/', allow('posts.read'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const [facts, workflow] = await Promise.all([readFacts(req, found), workflowLocals(req, context, found.draft)]);
    res.view('drafts/show', { ...headOf(req, found), ...facts, ...workflow });
  });

  router.get('/patreon/posts/:id/delete/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const title = req.t('drafts:delete.title', { title: draftTitle(req, found.draft) });
    const breadcrumbs = draftCrumbs(req, found.draft, req.t('drafts:delete.crumb'));
    res.view('drafts/delete', { ...headOf(req, found), title, breadcrumbs });
  });

  router.post('/patreon/posts/:id/delete/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    await deleteDraft(context, found.draft.id, actorOf(req));
    const undo = { address: `/patreon/posts/${found.draft.id}/undelete/`, label: req.t('drafts:delete.undo') };
    req.flash('success', req.t('drafts:delete.done', { title: draftTitle(req, found.draft) }), undo);
    res.redirect(303, '/patreon/posts/#drafts');
  });

  router.post('/patreon/posts/:id/undelete/', allow('posts.write'), async (req, res) => {
    const draft = await restoreDraft(context, rowId(req.params.id), actorOf(req));
    req.flash('success', req.t('drafts:delete.undone', { title: draftTitle(req, draft) }));
    res.redirect(303, `/patreon/posts/${draft.id}/`);
  });

  async function readFacts(req: Request, { draft, campaign }: FoundDraft) {
    const [tiers, audienceCount, names, post, cover] = await Promise.all([
      PatreonTier.listByPatreonIds([campaign.id], draft.tiers, knex),
      countAudience(campaign.id, draft, knex),
      Staff.listNames([draft.created_by, draft.saved_by], context.knex),
      draft.post_id === null ? undefined : PatreonPost.findById(draft.post_id, knex),
      draft.cover_id === null
        ? undefined
        : knex('post_pictures').select('id', 'file_name', 'width', 'height').where({ id: draft.cover_id }).first(),
    ]);
    const byId = new Map(tiers.map((tier) => [tier.patreon_id, tier]));
    const nameOf = (id: number | null) => (id !== null && names.get(id)) || req.t('drafts:somebody');
    return {
      html: renderMarkdown(draft.content, { picture: req.t('posts:picture') }),
      tierOf: (_draft: unknown, patreonId: string) => byId.get(patreonId),
      audienceCount,
      authors: { created: nameOf(draft.created_by), saved: nameOf(draft.saved_by) },
      post: post ?? null,
      publishedAt: isLive(draft.state) ? (post?.published_at ?? null) : null,
      isLive: isLive(draft.state),
      cover: cover ?? null,
    };
  }

  return router;
}

function headOf(req: Request, { draft, campaign }: FoundDraft) {
  return {
    title: draftTitle(req, draft),
    section: 'posts',
    breadcrumbs: draftCrumbs(req, draft),
    timeZone: campaign.time_zone,
    zone: campaign.time_zone ?? 'UTC',
    draft,
    campaign,
    campaignTitle: campaignName(campaign),
  };
}
