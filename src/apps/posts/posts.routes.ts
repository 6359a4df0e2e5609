import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { parseListQuery } from '../../http/list-query';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { rowId } from '../../http/parse';
import { listView, viewList } from '../../http/view-list';
import { resolveSiteUrl } from '../../patreon/site-url';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { PatreonPost, postAudience } from './post.model';
import { POST_ATTRIBUTES } from './post-attributes';
import { postFilters } from './posts.schemas';

/** Posts over all campaigns, of one campaign, and one by itself. */
export function postsRoutes(context: Context): Router {
  const router = Router();

  router.get('/patreon/posts/', allow('posts.read'), (req, res) => showList(req, res, context));

  router.get('/patreon/campaigns/:id/posts/', allow('posts.read'), async (req, res) => {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), context.knex);
    if (!campaign) throw new NotFoundError();
    await showList(req, res, context, campaign);
  });

  router.get('/patreon/posts/:id/', allow('posts.read'), async (req, res) => {
    const post = await PatreonPost.findById(rowId(req.params.id), context.knex);
    const campaign = post && (await PatreonCampaign.findById(post.campaign_id, context.knex));
    if (!post || !campaign) throw new NotFoundError();
    const title = post.title || req.t('posts:untitled');
    const words = { picture: req.t('posts:picture') };
    res.view('posts/show', {
      title,
      section: 'posts',
      breadcrumbs: [...breadcrumbs(req, campaign, `/patreon/campaigns/${campaign.id}/posts/`), { label: title }],
      post,
      campaign,
      campaignTitle: campaignName(campaign),
      audience: postAudience(post),
      tierOf: await tiersNamedBy([post], context),
      patreonHref: resolveSiteUrl(post.url),
      embedHref: resolveSiteUrl(post.embed_url),
      attributes: mirroredAttributes(post, POST_ATTRIBUTES, words),
      contentAttributes: mirroredAttributes(post, { content: 'html' }, words),
    });
  });

  return router;
}

async function showList(req: Request, res: Response, context: Context, campaign?: PatreonCampaign): Promise<void> {
  const { knex } = context;
  const [campaignChoices, tierChoices] = await Promise.all([
    campaign ? [] : PatreonCampaign.listChoices(knex),
    PatreonTier.listChoices(campaign?.id, knex),
  ]);
  const locals = {
    title: req.t('posts:list.title'),
    section: 'posts',
    breadcrumbs: campaign && breadcrumbs(req, campaign),
    campaign,
    campaignName,
    campaignChoices,
    tierChoices,
  };
  await viewList(res, 'posts', locals, () => readList(req, context, campaign));
}

async function readList(req: Request, context: Context, campaign?: PatreonCampaign) {
  const asked = campaign ? { ...req.query, campaign: '' } : req.query;
  const query = parseListQuery(postFilters, PatreonPost.sorts, '-published', asked);
  const { audience, q, gone } = query.filters;
  const { chosenCampaign, tier } = await findChosen(query.filters, context);
  const filter = { campaignId: campaign?.id ?? chosenCampaign?.id, tier, audience, q, gone };
  const [page, total] = await Promise.all([
    PatreonPost.listPage(filter, query.order, query.position, context.knex),
    PatreonPost.countMatching(filter, context.knex),
  ]);
  const [named, tierOf] = await Promise.all([
    PatreonCampaign.listByIds(
      page.rows.map((post) => post.campaign_id),
      context.knex,
    ),
    tiersNamedBy(page.rows, context),
  ]);
  const campaigns = new Map(named.map((row) => [row.id, row]));
  return { ...listView(req.path, query, page, total), filters: query.filters, campaigns, tierOf, postAudience };
}

/** @throws ValidationError for a campaign or tier that is not there. */
async function findChosen(ids: { campaign?: number | undefined; tier?: number | undefined }, { knex }: Context) {
  const [chosenCampaign, tier] = await Promise.all([
    ids.campaign === undefined ? undefined : PatreonCampaign.findById(ids.campaign, knex),
    ids.tier === undefined ? undefined : PatreonTier.findById(ids.tier, knex),
  ]);
  const errors = {
    ...(ids.campaign !== undefined && !chosenCampaign && { campaign: 'list:problem.campaign' }),
    ...(ids.tier !== undefined && !tier && { tier: 'list:problem.tier' }),
  };
  if (Object.keys(errors).length > 0) throw new ValidationError(errors);
  return { chosenCampaign, tier };
}

/** The tiers that posts name. A post may name one that we never read: its id is all there is to show then. */
async function tiersNamedBy(posts: PatreonPost[], { knex }: Context) {
  const tiers = await PatreonTier.listByPatreonIds(
    posts.map((post) => post.campaign_id),
    posts.flatMap((post) => post.tiers ?? []),
    knex,
  );
  const byPlace = new Map(tiers.map((tier) => [`${tier.campaign_id} ${tier.patreon_id}`, tier]));
  return (post: PatreonPost, patreonId: string) => byPlace.get(`${post.campaign_id} ${patreonId}`);
}

function breadcrumbs(req: Request, campaign: PatreonCampaign, href?: string) {
  return [
    { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
    { label: campaignName(campaign), href: `/patreon/campaigns/${campaign.id}/` },
    { label: req.t('shared:nav.posts'), href },
  ];
}
