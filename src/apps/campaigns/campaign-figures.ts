import type { Knex } from 'knex';

/** In the order in which pages show them. */
const KINDS = ['paying', 'pending', 'declined', 'former', 'gift', 'trial', 'free', 'unknown'];

export interface CampaignFigures {
  /** Live members of every kind. */
  members: number;
  /** Kinds that have members. */
  kinds: { kind: string; members: number }[];
  /** Minor units of the campaign's currency: what its live members are worth in a month. */
  monthlyCents: number;
}

/** Members of campaigns by kind, from the figures that are kept with every change of a member: nothing is counted here. */
export async function listCampaignFigures(
  campaignIds: readonly number[],
  db: Knex,
): Promise<(campaignId: number) => CampaignFigures> {
  const rows: { campaign_id: number; kind: string; members: string; monthly_cents: string }[] = await db(
    'patreon_member_counts',
  )
    .select('campaign_id', 'kind')
    .sum({ members: 'members', monthly_cents: 'monthly_cents' })
    .whereIn('campaign_id', [...campaignIds])
    .where('gone', false)
    .groupBy('campaign_id', 'kind');
  return (campaignId) => {
    const own = rows.filter((row) => row.campaign_id === campaignId);
    const total = (column: 'members' | 'monthly_cents') => own.reduce((sum, row) => sum + Number(row[column]), 0);
    const kinds = own
      .map(({ kind, members }) => ({ kind, members: Number(members) }))
      .filter(({ members }) => members > 0)
      .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
    return { members: total('members'), kinds, monthlyCents: total('monthly_cents') };
  };
}
