import { type Request, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { formMessages } from '../../http/form-messages';
import { parseForm } from '../../http/parse';
import { layOutMarkdown } from '../../lib/markdown';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { type PreviewForm, previewForm } from './editor.schemas';
import { mayRead, type Reader } from './post-preview';

/** How a text that is being written will look, for one reader or another. */
export function previewRoutes(context: Context): Router {
  const router = Router();

  router.post('/patreon/posts/preview/', allow('posts.write'), async (req, res) => {
    const preview = await read(req).catch((error: unknown) => ({ ...NOTHING, problem: firstMessage(req, error) }));
    const { isPage = false, ...shown } = preview;
    res.view(
      'drafts/preview',
      { title: req.t('editor:preview.title'), section: 'posts', ...shown },
      { fragment: 'drafts/_preview', isFragment: !isPage, status: shown.problem === null ? 200 : 422 },
    );
  });

  async function read(req: Request) {
    const form = parseForm(previewForm, req.body ?? {});
    const { limit, html } = layOutMarkdown(form.content, { picture: req.t('posts:picture') });
    const reading = form.campaign === undefined ? OPEN : await readingOf(req, form, form.campaign);
    return {
      ...reading,
      preview: { title: form.title, html, isEmpty: form.content.trim() === '' },
      problem: limit && req.t(`editor:limit.${limit}`),
      isPage: form.page,
    };
  }

  async function readingOf(req: Request, form: PreviewForm, campaignId: number) {
    const [campaign, tiers] = await Promise.all([
      PatreonCampaign.findById(campaignId, context.knex),
      PatreonTier.listChoices(campaignId, context.knex),
    ]);
    const chosen = tiers.filter((tier) => form.tiers.includes(tier.id));
    const choice = {
      is_public: form.is_public,
      tiers: [...chosen.map((tier) => tier.patreon_id), ...form.unread_tiers],
      min_cents_pledged_to_view: form.min_cents_pledged_to_view ?? null,
    };
    const reader = form.as === 'reader' ? null : readerOf(form.as, tiers);
    return {
      campaignTitle: campaign ? campaignName(campaign) : null,
      isLocked: reader !== null && !mayRead(choice, reader),
      openTo: [...chosen, ...form.unread_tiers.map((id) => ({ title: req.t('posts:tierUnread', { id }) }))],
      leastCents: choice.min_cents_pledged_to_view,
      currency: campaign?.currency ?? null,
    };
  }

  return router;
}

const OPEN = { campaignTitle: null, isLocked: false, openTo: [], leastCents: null, currency: null };
const NOTHING = { ...OPEN, preview: null, isPage: false };

/** A tier that is not of this campaign opens nothing. */
function readerOf(as: 'public' | 'member' | number, tiers: PatreonTier[]): Reader {
  return typeof as === 'string' ? as : (tiers.find(({ id }) => id === as) ?? 'public');
}

const firstMessage = (req: Request, error: unknown): string =>
  Object.values(formMessages(req, error))[0] ?? req.t('shared:form.invalid');
