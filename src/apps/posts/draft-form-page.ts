import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Context } from '../../context';
import { campaignName, type PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import type { PostDraft } from './draft.model';
import { type AudienceCount, countAudience } from './draft-audience.service';
import type { DraftFormState } from './draft-form';
import { isEditable } from './draft-states';
import { PostSnippet } from './post-snippet.model';

interface FormPage {
  campaign: PatreonCampaign;
  /** None for a new one. */
  draft?: PostDraft;
  /** The version that the text was written over; it stays that one while the form is refused. */
  version?: number | undefined;
  values: DraftFormState;
  errors?: Record<string, string>;
  editorNames?: string[];
  /** Of the form that was sent; else a new one is drawn. */
  token?: string | undefined;
}

const PICTURES = 50;

/** The page on which a draft is written. */
export async function showDraftForm(
  req: Request,
  res: Response,
  context: Context,
  page: FormPage,
  status = 200,
): Promise<void> {
  const { campaign, draft, values, errors = {} } = page;
  const [tierChoices, pictures, audienceCount, snippets] = await Promise.all([
    tiersFor(campaign.id, values.tiers, context),
    picturesFor(campaign.id, values.cover_id, context),
    countTyped(campaign.id, values, context),
    PostSnippet.listFor(campaign.id, context.knex),
  ]);
  const title = draft
    ? req.t('drafts:form.edit', { title: draft.title || req.t('drafts:untitled') })
    : req.t('drafts:form.new');
  const locals = {
    title,
    section: 'posts',
    breadcrumbs: formCrumbs(req, campaign, draft),
    draft: draft ?? null,
    campaign,
    campaignTitle: campaignName(campaign),
    currency: campaign.currency,
    timeZone: campaign.time_zone,
    zone: campaign.time_zone ?? 'UTC',
    action: draft ? `/patreon/posts/${draft.id}/edit/` : `/patreon/campaigns/${campaign.id}/create-post/`,
    version: draft ? (page.version ?? draft.version) : null,
    token: draft ? null : (page.token ?? randomUUID()),
    values,
    errors,
    tierChoices,
    pictures,
    audienceCount,
    editorNames: page.editorNames ?? [],
    takesBack: draft !== undefined && !isEditable(draft.state),
    snippets,
    scripts: ['editor', 'draft-saving', 'snippets'],
  };
  res.view('drafts/form', locals, { status });
}

/** The live ones, and those that are chosen though they are gone. */
async function tiersFor(campaignId: number, chosen: readonly string[], { knex }: Context) {
  const live = await PatreonTier.listChoices(campaignId, knex);
  const missing = chosen.map(Number).filter((id) => Number.isSafeInteger(id) && !live.some((tier) => tier.id === id));
  if (missing.length === 0) return live;
  return [...live, ...(await PatreonTier.listOfCampaign(campaignId, missing, knex))];
}

/** The latest pictures of a campaign, and the one that is chosen. */
async function picturesFor(campaignId: number, chosen: string, { knex }: Context) {
  const id = /^[1-9]\d{0,14}$/.test(chosen) ? Number(chosen) : 0;
  return knex('post_pictures')
    .select<{ id: number; file_name: string; width: number; height: number }[]>('id', 'file_name', 'width', 'height')
    .where({ campaign_id: campaignId })
    .orderByRaw('id = ? desc, id desc', [id])
    .limit(PICTURES);
}

/** Of a form as it stands; null while it makes no sense. */
async function countTyped(
  campaignId: number,
  values: DraftFormState,
  { knex }: Context,
): Promise<AudienceCount | null> {
  const ids = values.tiers.map(Number);
  if (!ids.every((id) => Number.isSafeInteger(id)) || !/^\d{0,9}$/.test(values.min_cents_pledged_to_view)) return null;
  const tiers = await PatreonTier.listOfCampaign(campaignId, ids, knex);
  const choice = {
    is_public: values.is_public,
    tiers: [...tiers.map((tier) => tier.patreon_id), ...values.unread_tiers],
    min_cents_pledged_to_view: Number(values.min_cents_pledged_to_view) || null,
  };
  return countAudience(campaignId, choice, knex);
}

function formCrumbs(req: Request, campaign: PatreonCampaign, draft: PostDraft | undefined) {
  const posts = { label: req.t('shared:nav.posts'), href: `/patreon/campaigns/${campaign.id}/posts/` };
  const own = { label: campaignName(campaign), href: `/patreon/campaigns/${campaign.id}/` };
  if (!draft) return [own, posts, { label: req.t('drafts:form.crumb') }];
  const here = { label: draft.title || req.t('drafts:untitled'), href: `/patreon/posts/${draft.id}/` };
  return [own, posts, here, { label: req.t('drafts:form.editCrumb') }];
}
