import { z } from 'zod';
import { count, flag, line, text, timestamp, word } from '../attributes';
import {
  type DocumentReader,
  missingRelationships,
  parseAttributes,
  type ResourceObject,
  toMany,
  toOne,
} from '../document';
import { type Benefit, mapBenefit } from './benefit';
import { mapTier, type Tier } from './tier';
import { mapUser, type User } from './user';

/** A creator's page. */
export const campaignAttributes = z.object({
  /** Name of the page; not sent before March 2026. */
  name: line,
  /** What the creator makes, as in "is creating …"; may be empty. */
  creation_name: text,
  one_liner: text,
  /** HTML. */
  summary: text,
  /** Last part of the page's address; null for pages that never chose one. */
  vanity: line,
  url: text,
  /** Relative to Patreon's site: see `resolveSiteUrl`. */
  pledge_url: text,
  /** ISO 4217 code of every amount of the campaign, its tiers and members; not sent before March 2026. */
  currency: word,
  /** What is paid for: `month`, `creation` and such. */
  pay_per_name: line,
  /** False for campaigns that charge per creation. */
  is_monthly: flag,
  /** Charged at joining rather than on the first of the month. */
  is_charged_immediately: flag,
  is_nsfw: flag,
  show_earnings: flag,
  /** The number of patrons that Patreon shows; members who pay nothing are not in it. */
  patron_count: count,
  created_at: timestamp,
  /** Null until the page is launched. */
  published_at: timestamp,
  /** Banner; the signed address expires. */
  image_url: text,
  /** Profile picture; sometimes the banner again. */
  image_small_url: text,
  main_video_url: text,
  main_video_embed: text,
  thanks_msg: text,
  thanks_video_url: text,
  thanks_embed: text,
  has_rss: flag,
  has_sent_rss_notify: flag,
  rss_feed_title: line,
  rss_artwork_url: text,
  discord_server_id: line,
  google_analytics_id: line,
});

const RELATIONSHIPS = ['benefits', 'creator', 'tiers'] as const;

export interface Campaign extends z.infer<typeof campaignAttributes> {
  id: string;
  creator_id: string | null;
  /** Null when not sent or rejected, although `creator_id` may be known. */
  creator: User | null;
  /** Every tier that Patreon names, also those whose record is rejected or was not sent: decides what is gone. */
  tier_ids: string[];
  tiers: Tier[];
  /** Every benefit that Patreon names for the campaign or one of its tiers. */
  benefit_ids: string[];
  benefits: Benefit[];
  /** Relationships that the answer does not tell about; their ids are empty here without meaning "none". */
  missing_relationships: (typeof RELATIONSHIPS)[number][];
}

export function mapCampaign(resource: ResourceObject, document: DocumentReader): Campaign {
  const tierIds = toMany(resource, 'tiers') ?? [];
  const tiers = document.readAllIncluded('tier', tierIds, mapTier);
  const ownBenefitIds = toMany(resource, 'benefits') ?? [];
  const benefitIds = [...new Set([...ownBenefitIds, ...tiers.flatMap((tier) => tier.benefit_ids)])];
  const creatorId = toOne(resource, 'creator') ?? null;
  return {
    id: resource.id,
    ...parseAttributes(campaignAttributes, resource),
    creator_id: creatorId,
    creator: document.readIncluded('user', creatorId, mapUser),
    tier_ids: tierIds,
    tiers,
    benefit_ids: benefitIds,
    benefits: document.readAllIncluded('benefit', benefitIds, mapBenefit),
    missing_relationships: missingRelationships(resource, RELATIONSHIPS),
  };
}
