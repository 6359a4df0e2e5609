import type { Knex } from 'knex';
import type { Context } from '../../context';

/** Live members of one campaign, counted. */
export interface CampaignCounts {
  /** By Patreon's tier id; who is entitled to two tiers is in both. */
  tiers: Record<string, number>;
  /** Members entitled to no tier. */
  withoutTier: number;
  /** By months from charge to charge; null where Patreon does not say. */
  cadences: [cadence: number | null, members: number][];
  /** By the month of joining (UTC), `2026-05`, oldest first. */
  months: [month: string, members: number][];
}

export interface CampaignStatistics {
  /** Null while a large campaign is counted for the first time. */
  counts: CampaignCounts | null;
  countedAt: string | null;
  /** A newer count is under way. */
  isCounting: boolean;
}

/** Up to so many members a page counts them itself. */
const COUNTED_AT_ONCE = 20_000;
const KEPT_MS = 3_600_000;

/** The counts of one campaign: as of now for a small one, for a large one those of the last hour, which a job counts. */
export async function readStatistics(
  context: Context,
  campaignId: number,
  members: number,
): Promise<CampaignStatistics> {
  const { knex, clock } = context;
  const now = clock.now();
  if (members <= COUNTED_AT_ONCE) {
    return { counts: await countMembers(campaignId, knex), countedAt: now.toISOString(), isCounting: false };
  }
  const kept = await knex('campaign_statistics').where({ campaign_id: campaignId }).first('counts', 'counted_at');
  const isCounting = !kept || now.getTime() - Date.parse(kept.counted_at) > KEPT_MS;
  if (isCounting) {
    const key = `count-campaign:${campaignId}`;
    await context.jobs.enqueue('count-campaign', { campaign_id: campaignId }, { key, maxAttempts: 3 });
  }
  return { counts: kept?.counts ?? null, countedAt: kept?.counted_at ?? null, isCounting };
}

/** Counts a campaign and keeps the result. A campaign that was deleted meanwhile is passed over. */
export async function countStatistics({ knex, clock }: Context, campaignId: number): Promise<void> {
  const countedAt = clock.now().toISOString();
  const counts = await countMembers(campaignId, knex);
  await knex.raw(
    `insert into campaign_statistics (campaign_id, counts, counted_at)
     select id, ?::jsonb, ? from patreon_campaigns where id = ?
     on conflict (campaign_id) do update set counts = excluded.counts, counted_at = excluded.counted_at`,
    [JSON.stringify(counts), countedAt, campaignId],
  );
}

interface GroupRow {
  /** Bits of the columns that do not belong to the row's group. */
  others: number;
  pledge_cadence: number | null;
  tiers: string[];
  month: string | null;
  members: number;
}

/** One walk over the campaign's members, whatever is asked of them. */
async function countMembers(campaignId: number, knex: Knex): Promise<CampaignCounts> {
  const { rows }: { rows: GroupRow[] } = await knex.raw(
    `select grouping(pledge_cadence, tiers, month) as others, pledge_cadence, tiers, month, count(*)::int as members
       from (select pledge_cadence, currently_entitled_tiers as tiers,
                    to_char(pledge_relationship_start at time zone 'UTC', 'YYYY-MM') as month
               from patreon_members where campaign_id = ? and gone_at is null) m
      group by grouping sets ((pledge_cadence), (tiers), (month)) order by pledge_cadence, month`,
    [campaignId],
  );
  const counts: CampaignCounts = { tiers: {}, withoutTier: 0, cadences: [], months: [] };
  for (const { others, pledge_cadence, tiers, month, members } of rows) {
    if (others === 0b011) counts.cadences.push([pledge_cadence, members]);
    if (others === 0b110 && month !== null) counts.months.push([month, members]);
    if (others !== 0b101) continue;
    if (tiers.length === 0) counts.withoutTier += members;
    for (const id of new Set(tiers)) counts.tiers[id] = (counts.tiers[id] ?? 0) + members;
  }
  return counts;
}
