import { z } from 'zod';
import { count, flag, integer, line, text, textList, timestamp } from '../attributes';
import { missingRelationships, parseAttributes, type ResourceObject, toMany } from '../document';

/** A level of membership. Unpublished tiers are still listed and still held; deleted ones vanish from answers. */
export const tierAttributes = z.object({
  /** Empty for some tiers. */
  title: line,
  /** HTML; may be empty. */
  description: text,
  /** Price of one period, in minor units of the campaign's currency. 0 is the tier "Free" that every campaign has. */
  amount_cents: integer,
  image_url: text,
  /** May be relative to Patreon's site: see `resolveSiteUrl`. */
  url: text,
  published: flag,
  published_at: timestamp,
  /** Null while the tier is published. */
  unpublished_at: timestamp,
  created_at: timestamp,
  edited_at: timestamp,
  /** Patrons on the tier now. */
  patron_count: count,
  post_count: count,
  /** Null when the number of places is not limited. */
  user_limit: count,
  /** Places left; null when not limited. */
  remaining: count,
  requires_shipping: flag,
  /** Roles given on the campaign's Discord server; null without Discord. */
  discord_role_ids: textList,
});

export interface Tier extends z.infer<typeof tierAttributes> {
  id: string;
  /** Benefits of the tier; empty and named in `missing_relationships` when the answer does not tell. */
  benefit_ids: string[];
  missing_relationships: 'benefits'[];
}

export function mapTier(resource: ResourceObject): Tier {
  return {
    id: resource.id,
    ...parseAttributes(tierAttributes, resource),
    benefit_ids: toMany(resource, 'benefits') ?? [],
    missing_relationships: missingRelationships(resource, ['benefits']),
  };
}
