import type { Request } from 'express';
import type { Context } from '../../context';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { resolveSiteUrl } from '../../patreon/site-url';
import { campaignName, type PatreonCampaign } from '../campaigns/campaign.model';
import { type PatreonPost, postAudience } from './post.model';
import { POST_ATTRIBUTES } from './post-attributes';
import { findDraftOf } from './post-deletion.service';
import { tiersNamedBy } from './post-list';

export const postTitle = (req: Request, post: Pick<PatreonPost, 'title'>): string =>
  post.title || req.t('posts:untitled');

/** The way to the posts of a campaign; to one of them, and a page below it. */
export function postCrumbs(req: Request, campaign: PatreonCampaign, post?: PatreonPost, crumb?: string) {
  const here = `/patreon/campaigns/${campaign.id}/`;
  return [
    { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
    { label: campaignName(campaign), href: here },
    { label: req.t('shared:nav.posts'), href: post && `${here}posts/` },
    ...(post ? [{ label: postTitle(req, post), href: crumb && `/patreon/posts/${post.id}/` }] : []),
    ...(crumb ? [{ label: crumb }] : []),
  ];
}

/** Everything that the page of one post shows. */
export async function postLocals(req: Request, context: Context, post: PatreonPost, campaign: PatreonCampaign) {
  const words = { picture: req.t('posts:picture') };
  const [tierOf, draft] = await Promise.all([tiersNamedBy([post], context), findDraftOf(post.id, context.knex)]);
  return {
    title: postTitle(req, post),
    section: 'posts',
    breadcrumbs: postCrumbs(req, campaign, post),
    timeZone: campaign.time_zone,
    post,
    campaign,
    campaignTitle: campaignName(campaign),
    audience: postAudience(post),
    tierOf,
    draft,
    patreonHref: resolveSiteUrl(post.url),
    embedHref: resolveSiteUrl(post.embed_url),
    attributes: mirroredAttributes(post, POST_ATTRIBUTES, words),
    contentAttributes: mirroredAttributes(post, { content: 'html' }, words),
  };
}
