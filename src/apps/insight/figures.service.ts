import type { Knex } from 'knex';
import { MEMBERSHIP_KINDS, type MembershipKind } from '../members/membership-kind';

const CAP = 10_000;
const JOINED_DAYS = 30;

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

export interface MemberFigures {
  byKind: { kind: MembershipKind; members: number }[];
  /** Minor units a month for each currency; campaigns whose currency Patreon did not tell stand under null. */
  monthly: { currency: string | null; cents: number }[];
  /** Who joined in the last 30 days; at most 10,001 are counted. */
  joined: { count: number; capped: boolean };
}

export async function memberFigures(knex: Knex, now: Date): Promise<MemberFigures> {
  const [kinds, monthly, joined] = await Promise.all([
    knex('patreon_member_counts')
      .where({ gone: false })
      .groupBy('kind')
      .select('kind')
      .select(knex.raw('sum(members)::bigint as members')),
    knex('patreon_member_counts as n')
      .join('patreon_campaigns as c', 'c.id', 'n.campaign_id')
      .where('n.gone', false)
      .groupBy('c.currency')
      .having(knex.raw('sum(n.monthly_cents) > 0'))
      .orderBy('c.currency')
      .select('c.currency', knex.raw('sum(n.monthly_cents)::bigint as cents')),
    knex.raw(
      `select count(*) as count from (
         select from patreon_members where gone_at is null and pledge_relationship_start >= ? limit ${CAP + 1}) as joined`,
      [new Date(now.getTime() - JOINED_DAYS * 86_400_000).toISOString()],
    ),
  ]);
  const members = new Map(kinds.map((row) => [row.kind, row.members as number]));
  const counted = (joined.rows[0] as { count: number }).count;
  return {
    byKind: MEMBERSHIP_KINDS.map((kind) => ({ kind, members: members.get(kind) ?? 0 })),
    monthly,
    joined: { count: Math.min(counted, CAP), capped: counted > CAP },
  };
}
