import type { AttributeKind } from '../../http/mirrored-attributes';
import type { PatreonCampaign } from './campaign.model';
import type { PatreonTier } from './tier.model';

/** Patreon's attributes of a campaign, in the order in which its page shows them. */
export const CAMPAIGN_ATTRIBUTES = {
  name: 'text',
  creation_name: 'text',
  one_liner: 'text',
  vanity: 'text',
  url: 'url',
  pledge_url: 'url',
  currency: 'text',
  pay_per_name: 'text',
  patron_count: 'number',
  is_monthly: 'flag',
  is_charged_immediately: 'flag',
  is_nsfw: 'flag',
  show_earnings: 'flag',
  created_at: 'time',
  published_at: 'time',
  image_url: 'url',
  image_small_url: 'url',
  main_video_url: 'url',
  main_video_embed: 'text',
  thanks_video_url: 'url',
  thanks_embed: 'text',
  has_rss: 'flag',
  has_sent_rss_notify: 'flag',
  rss_feed_title: 'text',
  rss_artwork_url: 'url',
  discord_server_id: 'text',
  google_analytics_id: 'text',
  summary: 'html',
  thanks_msg: 'html',
} as const satisfies { [K in keyof PatreonCampaign]?: AttributeKind };

/** What is kept of the campaign's creator, under the names of Patreon's user. */
export function creatorOf(campaign: PatreonCampaign) {
  return {
    full_name: campaign.creator_full_name,
    vanity: campaign.creator_vanity,
    url: campaign.creator_url,
    image_url: campaign.creator_image_url,
  };
}

export const CREATOR_ATTRIBUTES = { full_name: 'text', vanity: 'text', url: 'url', image_url: 'url' } as const;

export const TIER_ATTRIBUTES = {
  title: 'text',
  amount_cents: 'money',
  published: 'flag',
  patron_count: 'number',
  user_limit: 'number',
  remaining: 'number',
  post_count: 'number',
  requires_shipping: 'flag',
  created_at: 'time',
  edited_at: 'time',
  published_at: 'time',
  unpublished_at: 'time',
  url: 'url',
  image_url: 'url',
  discord_role_ids: 'list',
  benefits: 'list',
  description: 'html',
} as const satisfies { [K in keyof PatreonTier]?: AttributeKind };
