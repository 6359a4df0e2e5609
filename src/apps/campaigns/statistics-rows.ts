import type { CampaignCounts } from './campaign-statistics.service';
import type { PatreonTier } from './tier.model';

const MONTHS = 24;

export interface MonthRow {
  /** First and last day, as the list of members takes them. */
  from: string;
  to: string;
  members: number;
}

export interface JoinedMonths {
  /** The last two years up to this month, oldest first; a month in which nobody joined is 0. */
  rows: MonthRow[];
  /** Who joined before them. */
  earlier: number;
  most: number;
}

export function joinedByMonth({ months }: Pick<CampaignCounts, 'months'>, now: Date): JoinedMonths {
  const known = new Map(months);
  const rows = Array.from({ length: MONTHS }, (_, back) => {
    const [year, month] = [now.getUTCFullYear(), now.getUTCMonth() - (MONTHS - 1 - back)];
    const from = isoDay(Date.UTC(year, month, 1));
    return { from, to: isoDay(Date.UTC(year, month + 1, 0)), members: known.get(from.slice(0, 7)) ?? 0 };
  });
  const first = rows[0]?.from.slice(0, 7) ?? '';
  const earlier = months.reduce((sum, [month, members]) => (month < first ? sum + members : sum), 0);
  return { rows, earlier, most: Math.max(1, ...rows.map(({ members }) => members)) };
}

const isoDay = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10);

export interface TierRow {
  /** Null for a tier that is not known here, or for none at all. */
  tier: Pick<PatreonTier, 'id' | 'title'> | null;
  patreonId: string | null;
  members: number;
}

/** Tiers in the order given, then those that members name and that are not live here, then those of no tier. */
export function membersByTier(
  { tiers: counted, withoutTier }: Pick<CampaignCounts, 'tiers' | 'withoutTier'>,
  tiers: readonly PatreonTier[],
): TierRow[] {
  const live = new Set(tiers.map((tier) => tier.patreon_id));
  return [
    ...tiers.map((tier) => ({ tier, patreonId: tier.patreon_id, members: counted[tier.patreon_id] ?? 0 })),
    ...Object.entries(counted).flatMap(([patreonId, members]) =>
      live.has(patreonId) ? [] : [{ tier: null, patreonId, members }],
    ),
    ...(withoutTier > 0 ? [{ tier: null, patreonId: null, members: withoutTier }] : []),
  ].slice(0, 150);
}

export interface CadenceRow {
  cadence: number | null;
  members: number;
}

export function membersByCadence({ cadences }: Pick<CampaignCounts, 'cadences'>): CadenceRow[] {
  return cadences.map(([cadence, members]) => ({ cadence, members })).slice(0, 50);
}
