import type { Row } from '../../../db/upsert-many';
import type { DroppedName } from '../../../patreon/client';
import type { Member, User } from '../../../patreon/resources';
import { membershipKind } from '../../members/membership-kind';
import { monthlyCents } from '../../members/monthly-value';
import { columns, droppedFields } from './told';

/** A row of patreon_members: Patreon's attributes, the person behind them, and what we derive from both. */
export function memberRow(member: Member, campaignId: number, dropped: readonly DroppedName[]): Row {
  const {
    id,
    campaign_id,
    currently_entitled_tier_ids,
    user_id,
    user,
    address_id,
    address,
    pledge_history,
    missing_relationships,
    digest,
    ...attributes
  } = member;
  const untold = droppedFields(dropped, 'member');
  // Without the statuses nobody can say what a membership is; null would say "free".
  const kind = DECIDING.some((name) => untold.has(name))
    ? 'unknown'
    : membershipKind({ ...attributes, currently_entitled_tiers: currently_entitled_tier_ids });
  return {
    campaign_id: campaignId,
    patreon_id: id,
    ...columns(attributes, untold),
    ...(missing_relationships.includes('currently_entitled_tiers')
      ? {}
      : { currently_entitled_tiers: currently_entitled_tier_ids }),
    ...(missing_relationships.includes('user') ? {} : userColumns(user_id, user, droppedFields(dropped, 'user'))),
    kind,
    monthly_cents: monthlyCents({ kind, ...attributes }),
    digest: digest === null ? null : byteaText(digest),
  };
}

/** How PostgreSQL reads bytes from text. */
export const byteaText = (hex: string): string => `\\x${hex}`;

const DECIDING = ['patron_status', 'last_charge_status'] as const;

const NOBODY: Omit<User, 'id'> = {
  about: null,
  can_see_nsfw: null,
  created: null,
  email: null,
  first_name: null,
  full_name: null,
  hide_pledges: null,
  image_url: null,
  is_creator: null,
  is_email_verified: null,
  last_name: null,
  like_count: null,
  social_connections: null,
  thumb_url: null,
  url: null,
  vanity: null,
  discord_user_id: null,
};

function userColumns(id: string | null, user: User | null, dropped: ReadonlySet<string>): Row {
  // Named but not sent: the id is news, the rest is unknown and stays.
  if (id !== null && user === null) return { user_patreon_id: id };
  const { id: _id, email: _email, discord_user_id, ...attributes } = user ?? { id: null, ...NOBODY };
  return {
    user_patreon_id: id,
    ...columns(attributes, dropped, 'user_'),
    // Read from the connections, so it is known just when they are.
    ...(dropped.has('social_connections') ? {} : { discord_user_id }),
  };
}

/** Rows of pledge_events. `memberIds`: our row id by the member's Patreon id. */
export function pledgeEventRows(
  members: readonly Member[],
  campaignId: number,
  memberIds: ReadonlyMap<string, number>,
): Row[] {
  return members.flatMap((member) =>
    member.pledge_history.map(({ id, ...attributes }) => ({
      campaign_id: campaignId,
      patreon_id: id,
      member_id: memberIds.get(member.id),
      ...attributes,
    })),
  );
}
