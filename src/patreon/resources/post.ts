import { z } from 'zod';
import { flag, idList, integer, jsonObject, line, text, timestamp } from '../attributes';
import { parseAttributes, type ResourceObject, toOne } from '../document';

/** A published post. Drafts and scheduled posts are never sent; there is no edit time. */
export const postAttributes = z.object({
  title: line,
  /** HTML with pictures whose signed addresses expire; sanitise before showing. Null for native audio and video. */
  content: text,
  published_at: timestamp,
  /** May be relative to Patreon's site: see `resolveSiteUrl`. */
  url: text,
  /** Readable without a membership. */
  is_public: flag,
  /** Bills patrons of a per-creation campaign; does not mean "locked". */
  is_paid: flag,
  /** Ids of the tiers that may read it. Empty also for posts to all patrons: `is_public` decides. */
  tiers: idList,
  /** Address of an embedded link or video; null for native media. */
  embed_url: text,
  /** What Patreon knows of the embed: `provider`, `subject`, `description`, `html`, `url` and such. */
  embed_data: jsonObject,
  app_id: integer,
  app_status: line,
});

export interface Post extends z.infer<typeof postAttributes> {
  id: string;
  /** Null when the answer does not tell. */
  campaign_id: string | null;
  /** The author; null when the answer does not tell. */
  user_id: string | null;
}

export function mapPost(resource: ResourceObject): Post {
  return {
    id: resource.id,
    ...parseAttributes(postAttributes, resource),
    campaign_id: toOne(resource, 'campaign') ?? null,
    user_id: toOne(resource, 'user') ?? null,
  };
}
