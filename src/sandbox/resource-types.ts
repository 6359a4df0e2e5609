import type { ResourceType } from './resource';

interface ResourceTypeRules {
  /** The segment that names the type in `links`. */
  path: string;
  attributes: readonly string[];
  /** The relationships that `include` may name, each with the type it leads to. */
  relationships: Readonly<Record<string, ResourceType>>;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

/** What Patreon API v2 lets a client ask for, per resource type. */
export const RESOURCE_TYPES: Readonly<Record<ResourceType, ResourceTypeRules>> = {
  address: {
    path: 'address',
    attributes: words('addressee city country created_at line_1 line_2 phone_number postal_code state'),
    relationships: { campaigns: 'campaign', user: 'user' },
  },
  benefit: {
    path: 'benefits',
    attributes: words(`app_external_id app_meta benefit_type created_at deliverables_due_today_count
      delivered_deliverables_count description is_deleted is_ended is_published next_deliverable_due_date
      not_delivered_deliverables_count rule_type tiers_count title`),
    relationships: { campaign: 'campaign', deliverables: 'deliverable', tiers: 'tier' },
  },
  campaign: {
    path: 'campaigns',
    attributes: words(`created_at creation_name currency discord_server_id google_analytics_id has_rss
      has_sent_rss_notify image_small_url image_url is_charged_immediately is_monthly is_nsfw main_video_embed
      main_video_url name one_liner patron_count pay_per_name pledge_url published_at rss_artwork_url rss_feed_title
      show_earnings summary thanks_embed thanks_msg thanks_video_url url vanity`),
    relationships: {
      benefits: 'benefit',
      creator: 'user',
      goals: 'goal',
      live_access_rules: 'live-access-rule',
      tiers: 'tier',
    },
  },
  client: {
    path: 'clients',
    attributes: words(`author_name category client_secret default_scopes description domain icon_url name
      privacy_policy_url redirect_uris tos_url version`),
    relationships: { campaign: 'campaign', user: 'user' },
  },
  deliverable: {
    path: 'deliverables',
    attributes: words('completed_at delivery_status due_at'),
    relationships: { benefit: 'benefit', campaign: 'campaign', member: 'member', user: 'user' },
  },
  goal: {
    path: 'goals',
    attributes: words('amount_cents completed_percentage created_at description reached_at title'),
    relationships: { campaign: 'campaign' },
  },
  live: {
    path: 'lives',
    attributes: words('description rtmp_url scheduled_for state stream_key title'),
    relationships: { campaign: 'campaign', live_access_rules: 'live-access-rule' },
  },
  'live-access-rule': {
    path: 'live-access-rules',
    attributes: words('access_rule_type'),
    relationships: { tier: 'tier' },
  },
  media: {
    path: 'media',
    attributes: words(`created_at download_url file_name image_urls metadata mimetype owner_id owner_relationship
      owner_type size_bytes state upload_expires_at upload_parameters upload_url`),
    relationships: {},
  },
  member: {
    path: 'members',
    attributes: words(`campaign_lifetime_support_cents currently_entitled_amount_cents email full_name is_follower
      is_free_trial is_gifted last_charge_date last_charge_status lifetime_support_cents next_charge_date note
      patron_status pledge_cadence pledge_relationship_start will_pay_amount_cents`),
    relationships: {
      address: 'address',
      campaign: 'campaign',
      currently_entitled_tiers: 'tier',
      pledge_history: 'pledge-event',
      user: 'user',
    },
  },
  'pledge-event': {
    path: 'pledge-events',
    attributes: words('amount_cents currency_code date payment_status pledge_payment_status tier_id tier_title type'),
    relationships: { campaign: 'campaign', patron: 'user', tier: 'tier' },
  },
  post: {
    path: 'posts',
    attributes: words(`app_id app_status content embed_data embed_url is_paid is_public published_at tiers title url`),
    relationships: { campaign: 'campaign', user: 'user' },
  },
  tier: {
    path: 'tiers',
    attributes: words(`amount_cents created_at description discord_role_ids edited_at image_url patron_count post_count
      published published_at remaining requires_shipping title unpublished_at url user_limit`),
    relationships: { benefits: 'benefit', campaign: 'campaign', tier_image: 'media' },
  },
  user: {
    path: 'user',
    attributes: words(`about can_see_nsfw created email first_name full_name hide_pledges image_url is_creator
      is_email_verified last_name like_count social_connections thumb_url url vanity`),
    relationships: { campaign: 'campaign', memberships: 'member' },
  },
  webhook: {
    path: 'webhooks',
    attributes: words('last_attempted_at num_consecutive_times_failed paused secret triggers uri'),
    relationships: { campaign: 'campaign', client: 'client' },
  },
};

export function isResourceType(name: string): name is ResourceType {
  return Object.hasOwn(RESOURCE_TYPES, name);
}
