import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { BaseModel } from '../../db/base-model';
import { cappedCount, type KeysetSort } from '../../db/keyset';
import { type MemberConditions, whereConditions } from './filter-conditions';
import { isNameStart, NAME, whereFound } from './filter-search';
import type { MembershipKind } from './membership-kind';

/** An estimate so many times as large as a cap is believed: estimates of texts and lists are off by less. */
const SURELY = 4;
/** The same of one that is nothing but the number of rows in a table. */
const SURELY_ROWS = 1.5;
/** How many members a name begins with is known by visiting them alone. */
const MOST_STARTS = 1_000;
/** Caps from here on ask for the exact number. */
const A_LOT = 1_000_000;

/** One person may be a member of many campaigns, but no text names more rows than this. */
const MOST_IDENTIFIED = 100;

/** The conditions of the first group, and what narrows the whole list. */
export interface MemberFilter extends MemberConditions {
  campaignId?: number | undefined;
  q?: string | undefined;
  /** Whether `q` is looked for in e-mails too; never for people who may not see them. */
  searchesEmail: boolean;
  /** Members whose id on Patreon, as a person or on Discord is `q`: found as well. */
  identified?: readonly number[];
  gone: boolean;
  /** Campaigns that were deleted here and whose members are still being removed: nobody is to meet them any more. */
  removedCampaigns?: readonly number[];
  /** Those that somebody picked one by one. */
  ids?: readonly number[];
  /** Further groups: a member that fits one of them is listed as well. */
  or?: readonly MemberConditions[];
}

/** A person's membership of one campaign, as Patreon last told it. `user_…` columns are attributes of the person. */
export class PatreonMember extends BaseModel {
  static override tableName = 'patreon_members';

  /** What the list can be sorted by. */
  static readonly sorts = {
    name: { value: NAME, type: 'text' },
    amount: { value: 'currently_entitled_amount_cents', type: 'bigint' },
    monthly: { value: 'monthly_cents', type: 'bigint' },
    lifetime: { value: 'campaign_lifetime_support_cents', type: 'bigint' },
    joined: { value: 'pledge_relationship_start', type: 'timestamptz' },
    last_charge: { value: 'last_charge_date', type: 'timestamptz' },
    next_charge: { value: 'next_charge_date', type: 'timestamptz' },
    changed: { value: 'changed_at', type: 'timestamptz' },
  } as const satisfies Record<string, KeysetSort>;

  id!: number;
  campaign_id!: number;
  patreon_id!: string;
  campaign_lifetime_support_cents!: number | null;
  /** Of a yearly membership the sum of the year. */
  currently_entitled_amount_cents!: number | null;
  email!: string | null;
  /** Null or empty for hidden people. */
  full_name!: string | null;
  is_follower!: boolean | null;
  is_free_trial!: boolean | null;
  is_gifted!: boolean | null;
  /** Of the last attempt, successful or not. */
  last_charge_date!: string | null;
  last_charge_status!: string | null;
  lifetime_support_cents!: number | null;
  next_charge_date!: string | null;
  /** The creator's private note on Patreon. */
  note!: string | null;
  patron_status!: string | null;
  /** Months between charges. */
  pledge_cadence!: number | null;
  pledge_relationship_start!: string | null;
  will_pay_amount_cents!: number | null;
  /** Patreon's ids of tiers; may name one that is not mirrored yet. */
  currently_entitled_tiers!: string[];
  user_patreon_id!: string | null;
  user_about!: string | null;
  user_can_see_nsfw!: boolean | null;
  user_created!: string | null;
  user_first_name!: string | null;
  user_full_name!: string | null;
  user_hide_pledges!: boolean | null;
  user_image_url!: string | null;
  user_is_creator!: boolean | null;
  user_is_email_verified!: boolean | null;
  user_last_name!: string | null;
  user_like_count!: number | null;
  user_social_connections!: Record<string, unknown> | null;
  user_thumb_url!: string | null;
  user_url!: string | null;
  user_vanity!: string | null;
  discord_user_id!: string | null;
  kind!: MembershipKind;
  /** What the membership is worth a month, in the campaign's minor units. */
  monthly_cents!: number;
  read_seq!: number;
  first_seen_at!: string;
  changed_at!: string;
  gone_at!: string | null;

  static async findById(id: number, db: Knex): Promise<PatreonMember | undefined> {
    return PatreonMember.query(db).findById(id);
  }

  /** What a list shows of these rows, in the order of `ids`. */
  static async listByIds(ids: readonly number[], db: Knex): Promise<PatreonMember[]> {
    const rows = await PatreonMember.query(db)
      .select('id', 'campaign_id', 'patreon_id', 'full_name', 'email', 'kind', 'monthly_cents', 'patron_status')
      .select('campaign_lifetime_support_cents', 'last_charge_date', 'last_charge_status', 'next_charge_date')
      .select('pledge_relationship_start', 'currently_entitled_tiers', 'gone_at')
      .select('pledge_cadence', 'discord_user_id', 'changed_at')
      .whereRaw('id = any(?::bigint[])', [ids]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id)).filter((row) => row !== undefined);
  }

  /** The live members of all campaigns whose pledge began last. */
  static async listNewest(limit: number, db: Knex): Promise<PatreonMember[]> {
    return PatreonMember.query(db)
      .select('id', 'full_name', 'kind', 'pledge_relationship_start')
      .whereNull('gone_at')
      .whereNotNull('pledge_relationship_start')
      .whereNotIn('campaign_id', db('ignored_campaigns').select('campaign_id').whereNull('deleted_at'))
      .orderBy([
        { column: 'pledge_relationship_start', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(limit);
  }

  /**
   * Exact where the figures kept with every write tell it; counted up to a cap where anything else is asked for, or where
   * the planner's own estimate lies far beyond the cap.
   */
  static async countMatching(
    filter: MemberFilter,
    db: Knex,
    cap: number,
    estimate?: number,
  ): Promise<{ count: number; capped: boolean }> {
    if (isOfFigures(filter)) return { count: await countFigures(filter, db), capped: false };
    if (isOfTierFigures(filter)) return { count: sumOf(await PatreonMember.tierFigures(filter, db)), capped: false };
    if (isNameStart(filter.q)) {
      return cappedCount(PatreonMember.matching(filter, db), cap < A_LOT ? Math.min(cap, MOST_STARTS) : cap);
    }
    const expected = estimate ?? (cap < A_LOT ? await PatreonMember.estimateMatching(filter, db) : 0);
    if (expected > cap * (isOfAddresses(filter) ? SURELY_ROWS : SURELY)) return { count: cap, capped: true };
    return cappedCount(PatreonMember.matching(filter, db), cap);
  }

  /** How many members of each kind the tiers of a filter have; whoever has two of them counts twice. */
  static async tierFigures(filter: MemberFilter, db: Knex): Promise<{ kind: MembershipKind; members: number }[]> {
    const tiers = filter.tier ?? [];
    const query = db('patreon_member_tier_counts')
      .select<{ kind: MembershipKind; members: number }[]>('kind', db.raw('sum(members)::bigint as members'))
      .where({ gone: filter.gone })
      .whereIn(
        ['campaign_id', 'tier_patreon_id'],
        tiers.map((tier) => [tier.campaign_id, tier.patreon_id]),
      )
      .where('members', '>', 0)
      .groupBy('kind');
    if (filter.campaignId !== undefined) query.where('campaign_id', filter.campaignId);
    if (filter.kind?.length) query.whereIn('kind', [...filter.kind]);
    if (filter.status?.length) query.whereIn('patron_status', [...filter.status]);
    return query;
  }

  /** How many the planner expects, from its statistics: takes no longer for many than for few. */
  static async estimateMatching(filter: MemberFilter, db: Knex): Promise<number> {
    const { sql, bindings } = PatreonMember.matching(filter, db).select('id').toKnexQuery().toSQL();
    const { rows } = await db.raw(`explain (format json) ${sql}`, bindings as Knex.RawBinding[]);
    return Number(rows[0]?.['QUERY PLAN']?.[0]?.Plan?.['Plan Rows'] ?? 0);
  }

  /** Members that a text names exactly: Patreon's id of the membership or of the person, or an account on Discord. */
  static async listIdentified(text: string, db: Knex): Promise<number[]> {
    const { rows } = await db.raw(
      `(select id from patreon_members where user_patreon_id = :text limit :most)
       union (select id from patreon_members where discord_user_id = :text limit :most)
       union (select id from patreon_members
               where campaign_id = any(array(select id from patreon_campaigns)) and patreon_id = :text limit :most)`,
      { text, most: MOST_IDENTIFIED },
    );
    return (rows as { id: number }[]).map((row) => row.id);
  }

  /** The words of `patron_status` that members have, `none` for null. */
  static async listStatuses(db: Knex): Promise<string[]> {
    const rows: { patron_status: string }[] = await db('patreon_member_counts')
      .distinct('patron_status')
      .where('members', '>', 0)
      .orderBy('patron_status');
    return rows.map((row) => row.patron_status);
  }

  static async existsAny(db: Knex): Promise<boolean> {
    return (await db('patreon_member_counts').where('members', '>', 0).first('kind')) !== undefined;
  }

  /** Whether a text to search for is so short, or says so little, that it only begins names. */
  static isNameStart(q: string | undefined): boolean {
    return isNameStart(q);
  }

  /** The one way to a filtered query. */
  static matching(filter: MemberFilter, db: Knex): QueryBuilder<PatreonMember, PatreonMember[]> {
    const query = PatreonMember.query(db);
    if (filter.gone) query.whereNotNull('gone_at');
    else query.whereNull('gone_at');
    if (filter.campaignId !== undefined) query.where('campaign_id', filter.campaignId);
    if (filter.removedCampaigns?.length) query.whereRaw('campaign_id <> all(?::int[])', [[...filter.removedCampaigns]]);
    if (filter.ids?.length) query.whereRaw('id = any(?::bigint[])', [[...filter.ids]]);
    if (filter.or?.length) whereAny(query, [filter, ...filter.or]);
    else whereConditions(query, filter);
    if (filter.q) whereFound(query, filter.q, filter);
    return query;
  }
}

type MemberQuery = QueryBuilder<PatreonMember, PatreonMember[]>;

async function countFigures({ campaignId, gone, kind, status }: MemberFilter, db: Knex): Promise<number> {
  const query = db('patreon_member_counts').sum({ count: 'members' }).where({ gone });
  if (campaignId !== undefined) query.where('campaign_id', campaignId);
  if (kind?.length) query.whereIn('kind', [...kind]);
  if (status?.length) query.whereIn('patron_status', [...status]);
  const [row] = await query;
  return Number(row?.count ?? 0);
}

/** Whether the kept figures answer how many there are: they know campaign, kind and status, and no deleted campaign. */
export function isOfFigures({ campaignId, gone, kind, status, removedCampaigns, ...others }: MemberFilter): boolean {
  const { searchesEmail: _, ...conditions } = others;
  return Object.values(conditions).every(isEmpty);
}

/** Whether the figures kept for each tier answer it: they know what the others know. */
function isOfTierFigures({ tier, ...filter }: MemberFilter): boolean {
  return tier?.length === 1 && isOfFigures(filter);
}

/** Whether having an address is all that the kept figures do not know. */
const isOfAddresses = ({ hasAddress, ...filter }: MemberFilter) => hasAddress === true && isOfFigures(filter);

const sumOf = (figures: readonly { members: number }[]) => figures.reduce((sum, { members }) => sum + members, 0);

/** A condition that is not asked for: absent, a list of nothing, or a range without ends. `false` asks for something. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && value !== null && Object.values(value).every((end) => end === undefined);
}

function whereAny(query: MemberQuery, groups: readonly MemberConditions[]): void {
  query.where((any) => {
    for (const group of groups) any.orWhere((one) => whereConditions(one as MemberQuery, group));
  });
}
