import { z } from 'zod';
import { count, flag, integer, line, text, timestamp, word } from '../attributes';
import {
  type DocumentReader,
  missingRelationships,
  parseAttributes,
  type ResourceObject,
  toMany,
  toOne,
} from '../document';
import { type Address, mapAddress } from './address';
import { mapPledgeEvent, type PledgeEvent } from './pledge-event';
import { mapUser, type User } from './user';

/** A user's membership of one campaign, paid or not. Amounts are in minor units of the campaign's currency. */
export const memberAttributes = z.object({
  /** Empty or null for people who are hidden. */
  full_name: line,
  /** Needs the scope `campaigns.members[email]`; null for some people even then. Never a key. */
  email: line,
  /** `active_patron`, `declined_patron`, `former_patron`; null for people who never pledged. */
  patron_status: word,
  /** Result of the last attempt: `Paid`, `Declined`, `Pending`, `Refunded` and more; only `Paid` means money came. */
  last_charge_status: word,
  /** Time of the last attempt, successful or not. */
  last_charge_date: timestamp,
  /** Null for gifts, former members and cancelled yearly memberships. */
  next_charge_date: timestamp,
  /** Start of the latest unbroken membership; the join date of free members. */
  pledge_relationship_start: timestamp,
  /** Months between charges, 1 or 12; null for free members, gifts and trials. */
  pledge_cadence: count,
  /** What the present entitlement stands for: of a yearly membership the year's sum, of a gift 0. */
  currently_entitled_amount_cents: integer,
  /** Due at the next charge. */
  will_pay_amount_cents: integer,
  /** All that was ever paid to this campaign; lags behind a charge. */
  campaign_lifetime_support_cents: integer,
  /** Deprecated twin of `campaign_lifetime_support_cents`. */
  lifetime_support_cents: integer,
  is_free_trial: flag,
  /** Null means unknown: answers before December 2024 lack it. */
  is_gifted: flag,
  /** Deprecated, always false. */
  is_follower: flag,
  /** The creator's private note on Patreon. */
  note: text,
});

const RELATIONSHIPS = ['address', 'campaign', 'currently_entitled_tiers', 'pledge_history', 'user'] as const;

/** Raise it with every change to what a sent member is mapped to, here or on the way into the mirror. */
export const MEMBER_MAPPING = '2';

export interface Member extends z.infer<typeof memberAttributes> {
  id: string;
  campaign_id: string | null;
  /** What the member may see now. More than one is possible, and none for custom amounts. */
  currently_entitled_tier_ids: string[];
  /** Null for hidden people. */
  user_id: string | null;
  /** Null when not sent or rejected, although `user_id` may be known. */
  user: User | null;
  address_id: string | null;
  /** Null when not sent or rejected, although `address_id` may be known. */
  address: Address | null;
  /** As far as Patreon tells; events may be missing for old members, so absence proves nothing. */
  pledge_history: PledgeEvent[];
  /** Relationships that the answer does not tell about; null or empty above does not mean "none" for them. */
  missing_relationships: (typeof RELATIONSHIPS)[number][];
  /**
   * Of what a list sent: equal digests are members that are equal in everything above. 16 bytes in hexadecimal; null when
   * something about the member could not be read, and of a member that was read by itself.
   */
  digest: string | null;
}

/** All but the digest, which is not of the mapped member but of what was sent. */
export function mapMember(resource: ResourceObject, document: DocumentReader): Omit<Member, 'digest'> {
  const userId = toOne(resource, 'user') ?? null;
  const addressId = toOne(resource, 'address') ?? null;
  return {
    id: resource.id,
    ...parseAttributes(memberAttributes, resource),
    campaign_id: toOne(resource, 'campaign') ?? null,
    currently_entitled_tier_ids: toMany(resource, 'currently_entitled_tiers') ?? [],
    user_id: userId,
    user: document.readIncluded('user', userId, mapUser),
    address_id: addressId,
    address: document.readIncluded('address', addressId, mapAddress),
    pledge_history: document.readAllIncluded('pledge-event', toMany(resource, 'pledge_history') ?? [], mapPledgeEvent),
    missing_relationships: missingRelationships(resource, RELATIONSHIPS),
  };
}
