import type { Knex } from 'knex';
import { PatreonChange } from '../campaigns/change.model';
import { PatreonTier } from '../campaigns/tier.model';
import { MEMBERSHIP_KINDS, type MembershipKind } from '../members/membership-kind';
import { dayAt, figuresCountedAt } from './daily-figures.service';

/** Days before today that a figure of movements reaches back, as `-30d` in a filter does. */
export const MOVEMENT_DAYS = 30;
/** Days after today that a figure of charges reaches ahead, as `+7d` in a filter does. */
export const CHARGE_DAYS = 7;
const NEARLY_FULL = 0.1;

export interface LiveCounts {
  campaigns: number;
  tiers: number;
  members: number;
  posts: number;
}

/** Live rows. Members come from the figures that are kept with every write, so their number does not matter. */
export async function liveCounts(knex: Knex): Promise<LiveCounts> {
  const { rows } = await knex.raw(`
    select (select count(*) from patreon_campaigns where gone_at is null) as campaigns,
           (select count(*) from patreon_tiers where gone_at is null) as tiers,
           (select coalesce(sum(members), 0)::bigint from patreon_member_counts where not gone) as members,
           (select count(*) from patreon_posts where gone_at is null) as posts`);
  return rows[0] as LiveCounts;
}

/** Minor units; campaigns whose currency Patreon did not tell stand under null. */
export interface CurrencySum {
  currency: string | null;
  cents: number;
}

export interface MemberFigures {
  byKind: { kind: MembershipKind; members: number }[];
  /** What members are worth a month. */
  monthly: CurrencySum[];
  /** Null until they have been counted for the first time. */
  counted: CountedFigures | null;
}

/** What was counted after the last run, or at the beginning of the day. */
export interface CountedFigures {
  joined: number;
  departed: number;
  /** The first day that both count. */
  since: string;
  /** ISO time; set when changes have been kept for less than the days behind the figure. */
  departedSince: string | null;
  /** A month, of those whose charge was declined. */
  atRisk: CurrencySum[];
  charges: { members: number; sums: CurrencySum[] };
}

export async function memberFigures(knex: Knex, now: Date): Promise<MemberFigures> {
  const [kinds, monthly, countedAt] = await Promise.all([
    knex('patreon_member_counts')
      .where({ gone: false })
      .groupBy('kind')
      .select('kind')
      .select(knex.raw('sum(members)::bigint as members')),
    sumByCurrency(knex, 'patreon_member_counts', 'monthly_cents').where('n.gone', false),
    figuresCountedAt(knex),
  ]);
  const members = new Map(kinds.map((row) => [row.kind, row.members as number]));
  return {
    byKind: MEMBERSHIP_KINDS.map((kind) => ({ kind, members: members.get(kind) ?? 0 })),
    monthly,
    counted: countedAt === undefined ? null : await countedFigures(knex, now),
  };
}

async function countedFigures(knex: Knex, now: Date): Promise<CountedFigures> {
  const since = dayAt(now, -MOVEMENT_DAYS);
  const ahead = [dayAt(now), dayAt(now, CHARGE_DAYS)] as const;
  const [moved, keptSince, atRisk, charged, sums] = await Promise.all([
    knex('daily_member_movements')
      .where('day', '>=', since)
      .first(knex.raw('coalesce(sum(joined), 0)::bigint as joined, coalesce(sum(departed), 0)::bigint as departed')),
    PatreonChange.keptSince(knex),
    sumByCurrency(knex, 'daily_member_figures', 'at_risk_cents').whereRaw(
      `n.kind = 'declined' and n.day = (select max(day) from daily_member_figures)`,
    ),
    knex('expected_charges').whereBetween('day', ahead).first(knex.raw('coalesce(sum(members), 0)::bigint as members')),
    sumByCurrency(knex, 'expected_charges', 'cents').whereBetween('n.day', ahead),
  ]);
  return {
    joined: moved.joined,
    departed: moved.departed,
    since,
    departedSince: keptSince.slice(0, 10) > since ? keptSince : null,
    atRisk,
    charges: { members: charged.members, sums },
  };
}

function sumByCurrency(knex: Knex, table: string, column: string): Knex.QueryBuilder<object, CurrencySum[]> {
  return knex(`${table} as n`)
    .join('patreon_campaigns as c', 'c.id', 'n.campaign_id')
    .groupBy('c.currency')
    .having(knex.raw('sum(??) > 0', [`n.${column}`]))
    .orderBy('c.currency')
    .select('c.currency', knex.raw('sum(??)::bigint as cents', [`n.${column}`])) as Knex.QueryBuilder<
    object,
    CurrencySum[]
  >;
}

/** Published tiers with a tenth of their places left or less, the fullest first. */
export async function nearlyFullTiers(knex: Knex, limit: number): Promise<PatreonTier[]> {
  return PatreonTier.query(knex)
    .select('id', 'title', 'remaining', 'user_limit')
    .whereNull('gone_at')
    .where('published', true)
    .where('user_limit', '>', 0)
    .whereRaw('remaining <= ceil(user_limit * ?::numeric)', [NEARLY_FULL])
    .orderBy(['remaining', 'id'])
    .limit(limit);
}
