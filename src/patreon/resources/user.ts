import { z } from 'zod';
import { count, flag, jsonObject, line, text, timestamp } from '../attributes';
import { parseAttributes, type ResourceObject } from '../document';
import { isObject } from '../is-object';

/** A person on Patreon. Everything may be null: people hide, leave and are masked. */
export const userAttributes = z.object({
  full_name: line,
  first_name: line,
  /** Often empty. */
  last_name: line,
  /** Only the token's own person has one, with the scope `identity[email]`; of a member read `member.email`. */
  email: line,
  is_email_verified: flag,
  /** Profile text; null for everybody since July 2023. */
  about: text,
  /** Time of registration; Patreon's name for it is not `created_at` here. */
  created: timestamp,
  /** Picture, 400 pixels wide; the signed address expires. */
  image_url: text,
  /** Picture, 100 by 100 pixels. */
  thumb_url: text,
  url: text,
  /** Deprecated in favour of `campaign.vanity`; null for most people. */
  vanity: line,
  /** Whether the person has an active campaign. */
  is_creator: flag,
  can_see_nsfw: flag,
  /** Keeps their memberships private on Patreon's site; the creator still sees them. */
  hide_pledges: flag,
  like_count: count,
  /** Linked accounts by network, each null or an object with `user_id` and `url`; networks come and go. */
  social_connections: jsonObject,
});

export interface User extends z.infer<typeof userAttributes> {
  id: string;
  /** From `social_connections`; present only with Patreon's Discord integration and a linked account. */
  discord_user_id: string | null;
}

export function mapUser(resource: ResourceObject): User {
  const attributes = parseAttributes(userAttributes, resource);
  return { id: resource.id, ...attributes, discord_user_id: discordUserId(attributes.social_connections) };
}

function discordUserId(socialConnections: unknown): string | null {
  const discord = isObject(socialConnections) ? socialConnections.discord : null;
  const userId = isObject(discord) ? discord.user_id : null;
  return typeof userId === 'string' && userId !== '' ? userId : null;
}
