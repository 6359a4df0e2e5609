import type { AttributeKind } from '../../http/mirrored-attributes';
import type { Permission } from '../../policy';
import type { PatreonMember } from './member.model';
import type { Address } from './member-addresses.service';

/** Patreon's attributes of a member, in the order in which its page shows them. */
const MEMBER_ATTRIBUTES = {
  full_name: 'text',
  email: 'text',
  patron_status: 'text',
  last_charge_status: 'text',
  last_charge_date: 'time',
  next_charge_date: 'day',
  pledge_relationship_start: 'time',
  pledge_cadence: 'number',
  currently_entitled_tiers: 'list',
  currently_entitled_amount_cents: 'money',
  will_pay_amount_cents: 'money',
  campaign_lifetime_support_cents: 'money',
  lifetime_support_cents: 'money',
  is_gifted: 'flag',
  is_free_trial: 'flag',
  is_follower: 'flag',
  note: 'text',
} as const satisfies { [K in keyof PatreonMember]?: AttributeKind };

/** Those that this reader may see. */
export function memberAttributes(can: (permission: Permission) => boolean): Partial<typeof MEMBER_ATTRIBUTES> {
  const isVisible = (field: string, kind: AttributeKind) =>
    (kind !== 'money' || can('money.read')) && (field !== 'email' || can('members.email'));
  return Object.fromEntries(Object.entries(MEMBER_ATTRIBUTES).filter(([field, kind]) => isVisible(field, kind)));
}

/** What is kept of the person behind a member, under the names of Patreon's user. */
export function userOf(member: PatreonMember) {
  return {
    full_name: member.user_full_name,
    first_name: member.user_first_name,
    last_name: member.user_last_name,
    vanity: member.user_vanity,
    url: member.user_url,
    about: member.user_about,
    created: member.user_created,
    image_url: member.user_image_url,
    thumb_url: member.user_thumb_url,
    is_email_verified: member.user_is_email_verified,
    is_creator: member.user_is_creator,
    can_see_nsfw: member.user_can_see_nsfw,
    hide_pledges: member.user_hide_pledges,
    like_count: member.user_like_count,
    social_connections: member.user_social_connections,
  };
}

const USER_ATTRIBUTES = {
  full_name: 'text',
  first_name: 'text',
  last_name: 'text',
  vanity: 'text',
  url: 'url',
  about: 'text',
  created: 'time',
  image_url: 'url',
  thumb_url: 'url',
  is_email_verified: 'flag',
  is_creator: 'flag',
  can_see_nsfw: 'flag',
  hide_pledges: 'flag',
  like_count: 'number',
} as const satisfies { [K in keyof ReturnType<typeof userOf>]?: AttributeKind };

/** Those of the person that this reader may see: whoever does not see e-mails is told nothing about them. */
export function userAttributes(can: (permission: Permission) => boolean): Partial<typeof USER_ATTRIBUTES> {
  const { is_email_verified, ...others } = USER_ATTRIBUTES;
  return can('members.email') ? USER_ATTRIBUTES : others;
}

/** Attributes of the member and, as their columns are called, of the person: how a changed one is told. */
export const CHANGED_ATTRIBUTES: Partial<Record<string, AttributeKind>> = {
  ...MEMBER_ATTRIBUTES,
  ...Object.fromEntries(Object.entries(USER_ATTRIBUTES).map(([field, kind]) => [`user_${field}`, kind])),
  monthly_cents: 'money',
};

/** Columns that the page shows under no label of their own, or that need another one beside those of the member. */
const TIMELINE_LABELS = new Set([
  'note',
  'kind',
  'monthly_cents',
  'user_full_name',
  'user_patreon_id',
  'discord_user_id',
]);

/** The catalogue's key of what people call a column; undefined for one that nobody has named yet. */
export function labelKey(column: string): string | undefined {
  if (TIMELINE_LABELS.has(column)) return `members:timeline.label.${column}`;
  if (column in MEMBER_ATTRIBUTES) return `members:field.${column}`;
  const attribute = column.replace(/^user_/, '');
  const isOfUser = attribute !== column && (attribute in USER_ATTRIBUTES || attribute === 'social_connections');
  return isOfUser ? `members:user.${attribute}` : undefined;
}

export const ADDRESS_ATTRIBUTES = {
  addressee: 'text',
  line_1: 'text',
  line_2: 'text',
  postal_code: 'text',
  city: 'text',
  state: 'text',
  country: 'text',
  phone_number: 'text',
  created_at: 'time',
} as const satisfies { [K in keyof Address]: AttributeKind };

/** The networks whose accounts the person has linked, as Patreon names them. */
export function linkedNetworks({ user_social_connections: connections }: PatreonMember): string[] {
  return Object.keys(connections ?? {}).filter((network) => connections?.[network] != null);
}

/** Words of Patreon's that we have words for; others are shown as Patreon wrote them. */
const CHARGE_STATUSES = new Set([
  'Paid',
  'Declined',
  'Deleted',
  'Pending',
  'Refunded',
  'Fraud',
  'Refunded by Patreon',
  'Other',
  'Partially Refunded',
  'Free Trial',
]);
const EVENT_TYPES = new Set(['pledge_start', 'pledge_upgrade', 'pledge_downgrade', 'pledge_delete', 'subscription']);

const PATRON_STATUSES = new Set(['active_patron', 'declined_patron', 'former_patron']);

export function patronStatusWord(t: (key: string) => string, status: string | null): string {
  return status !== null && PATRON_STATUSES.has(status) ? t(`members:list.statuses.${status}`) : (status ?? '');
}

export function chargeStatusWord(t: (key: string) => string, status: string | null): string {
  return status !== null && CHARGE_STATUSES.has(status) ? t(`members:charge.${status}`) : (status ?? '');
}

export function eventTypeWord(t: (key: string) => string, type: string | null): string {
  return type !== null && EVENT_TYPES.has(type) ? t(`members:event.${type}`) : (type ?? '');
}
