import type { Knex } from 'knex';

const DAYS = 30;
const CAP = 10_000;

export interface CampaignMovements {
  /** The first day counted, as `2026-10-23`. */
  since: string;
  joined: { count: number; capped: boolean };
  /** Null while no day has been counted. */
  left: number | null;
}

/** Who joined and who left a campaign in the last thirty days. Leaving is counted day by day from the changes that are kept. */
export async function readMovements(campaignId: number, now: Date, knex: Knex): Promise<CampaignMovements> {
  const since = new Date(now.getTime() - DAYS * 86_400_000).toISOString().slice(0, 10);
  const joining = knex('patreon_members')
    .where({ campaign_id: campaignId })
    .whereNull('gone_at')
    .where('pledge_relationship_start', '>=', `${since}T00:00:00Z`)
    .select(knex.raw('1'))
    .limit(CAP + 1);
  const [joined, left] = await Promise.all([
    knex.count<{ count: number }[]>('* as count').from(joining.as('joining')),
    knex('daily_member_movements')
      .where({ campaign_id: campaignId })
      .where('day', '>=', since)
      .sum<{ sum: string | null }[]>({ sum: 'departed' }),
  ]);
  const count = Number(joined[0]?.count ?? 0);
  const departed = left[0]?.sum ?? null;
  return {
    since,
    joined: { count: Math.min(count, CAP), capped: count > CAP },
    left: departed === null ? null : Number(departed),
  };
}
