import type { QueryBuilder } from 'objection';
import type { PatreonMember } from './member.model';
import { kindsOfStatus, type MembershipKind } from './membership-kind';

/** ISO times; `before` is no part of it. */
export interface TimeRange {
  from?: string | undefined;
  before?: string | undefined;
}

/** Minor units, both included. */
export interface AmountRange {
  min?: number | undefined;
  max?: number | undefined;
}

/** Conditions that all hold. Of a list of values any one will do. */
export interface MemberConditions {
  kind?: readonly MembershipKind[];
  /** Patreon's words; `none` stands for null. */
  status?: readonly string[];
  tier?: readonly { campaign_id: number; patreon_id: string }[];
  /** Of what the membership is worth a month. */
  amount?: AmountRange;
  lifetime?: AmountRange;
  joined?: TimeRange;
  lastCharge?: TimeRange;
  /** Patreon's words for the last charge; `none` stands for null. */
  charge?: readonly string[];
  nextCharge?: TimeRange;
  /** Months between charges. */
  cadence?: readonly number[];
  hasEmail?: boolean;
  hasAddress?: boolean;
  hasDiscord?: boolean;
  /** Ids of labels: any of these … */
  label?: readonly number[];
  /** … and none of those. */
  labelNot?: readonly number[];
  changed?: TimeRange;
  /** Whether somebody follows up; an owner's id or a day narrow it. */
  followUp?: boolean | { ownerId: number } | { dueBefore: string };
}

type MemberQuery = QueryBuilder<PatreonMember, PatreonMember[]>;

/** Adds what holds together to a query over `patreon_members`. */
export function whereConditions(query: MemberQuery, conditions: MemberConditions): void {
  const { kind, status, tier, cadence } = conditions;
  if (kind?.length) query.whereIn('kind', [...kind]);
  if (status?.length) whereStatus(query, status);
  if (tier?.length) whereTier(query, tier);
  whereAmount(query, 'monthly_cents', conditions.amount);
  whereAmount(query, 'campaign_lifetime_support_cents', conditions.lifetime);
  whereTime(query, 'pledge_relationship_start', conditions.joined);
  whereTime(query, 'last_charge_date', conditions.lastCharge);
  whereTime(query, 'next_charge_date', conditions.nextCharge);
  whereTime(query, 'changed_at', conditions.changed);
  if (conditions.charge?.length) whereWord(query, 'last_charge_status', conditions.charge);
  if (cadence?.length) query.whereIn('pledge_cadence', [...cadence]);
  whereContact(query, conditions);
  whereLabels(query, conditions);
  if (conditions.followUp !== undefined) whereFollowUp(query, conditions.followUp);
}

/** A word of Patreon's, or `none` for null. */
function whereWord(query: MemberQuery, column: string, words: readonly string[]): void {
  const given = words.filter((word) => word !== 'none');
  query.where((either) => {
    if (given.length > 0) either.whereIn(column, given);
    if (given.length < words.length) either.orWhereNull(column);
  });
}

function whereStatus(query: MemberQuery, statuses: readonly string[]): void {
  whereWord(query, 'patron_status', statuses);
  // Says nothing new, but the sort indexes know the kind and not the status.
  query.whereIn('kind', [...new Set(statuses.flatMap(kindsOfStatus))]);
}

/** Tiers are Patreon's ids within a campaign. */
function whereTier(query: MemberQuery, tiers: NonNullable<MemberConditions['tier']>): void {
  const ofCampaign = new Map<number, string[]>();
  for (const { campaign_id, patreon_id } of tiers)
    ofCampaign.set(campaign_id, [...(ofCampaign.get(campaign_id) ?? []), patreon_id]);
  query.where((any) => {
    for (const [campaignId, ids] of ofCampaign)
      any.orWhere((one) => {
        // “is true” keeps the campaign's index out of it: the tier's finds far fewer.
        one.whereRaw('(campaign_id = ?) is true and currently_entitled_tiers && ?::text[]', [campaignId, ids]);
      });
  });
}

function whereAmount(query: MemberQuery, column: string, { min, max }: AmountRange = {}): void {
  if (min !== undefined) query.where(column, '>=', min);
  if (max !== undefined) query.where(column, '<=', max);
}

function whereTime(query: MemberQuery, column: string, { from, before }: TimeRange = {}): void {
  if (from !== undefined) query.where(column, '>=', from);
  if (before !== undefined) query.where(column, '<', before);
}

/** In the very words of the index that finds those without one. */
export const HAS_EMAIL = `coalesce(email, '') <> ''`;

function whereContact(query: MemberQuery, { hasEmail, hasAddress, hasDiscord }: MemberConditions): void {
  if (hasEmail !== undefined) query.whereRaw(hasEmail ? `(${HAS_EMAIL})` : `coalesce(email, '') = ''`);
  if (hasDiscord !== undefined) query.whereRaw(`discord_user_id is ${hasDiscord ? 'not ' : ''}null`);
  if (hasAddress !== undefined) whereOther(query, hasAddress, 'member_addresses', 'true');
}

function whereLabels(query: MemberQuery, { label, labelNot }: MemberConditions): void {
  if (label?.length) whereOther(query, true, 'member_labels', 'label_id = any(?::int[])', [[...label]]);
  if (labelNot?.length) whereOther(query, false, 'member_labels', 'label_id = any(?::int[])', [[...labelNot]]);
}

function whereFollowUp(query: MemberQuery, followUp: NonNullable<MemberConditions['followUp']>): void {
  const table = 'member_follow_ups';
  if (typeof followUp === 'boolean') whereOther(query, followUp, table, 'true');
  else if ('ownerId' in followUp) whereOther(query, true, table, 'owner_id = ?', [followUp.ownerId]);
  else whereOther(query, true, table, 'due_on < ?::date', [followUp.dueBefore]);
}

/** Whether another table has a row for the member. Names and SQL are ours, never a request's. */
function whereOther(
  query: MemberQuery,
  isThere: boolean,
  table: string,
  sql: string,
  bindings: readonly (number | string | number[])[] = [],
): void {
  const exists = `exists (select 1 from ${table} o where o.member_id = patreon_members.id and ${sql})`;
  query.whereRaw(isThere ? exists : `not ${exists}`, [...bindings]);
}
