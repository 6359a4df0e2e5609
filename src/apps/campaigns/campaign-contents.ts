import type { Knex } from 'knex';

/** Counted no further: a page that asks must not keep people waiting. What staff added is told further than what comes again. */
const CAP = { mirrored: 10_000, added: 100_000 };

export interface ContentCount {
  part: string;
  count: number;
  capped: boolean;
}

const OWN = [
  ['posts', 'patreon_posts'],
  ['tiers', 'patreon_tiers'],
  ['benefits', 'patreon_benefits'],
  ['charges', 'pledge_events'],
  ['changes', 'patreon_changes'],
  ['plans', 'planned_changes'],
] as const;

const OF_MEMBERS = [
  ['notes', 'member_notes'],
  ['labels', 'member_labels'],
  ['follow_ups', 'member_follow_ups'],
  ['field_values', 'member_field_values'],
] as const;

/** What belongs to a campaign here, in the order in which a page tells it; gone rows are counted too. */
export async function countCampaignContents(campaignId: number, db: Knex): Promise<ContentCount[]> {
  const [members] = await db('patreon_member_counts')
    .where({ campaign_id: campaignId })
    .sum<{ sum: string | null }[]>({ sum: 'members' });
  const own = (table: string) => db(table).where({ campaign_id: campaignId });
  const ofMembers = (table: string) =>
    db(`${table} as x`).join('patreon_members as m', 'm.id', 'x.member_id').where('m.campaign_id', campaignId);
  const counted = await Promise.all([
    ...OWN.map(([part, table]) => countUpTo(CAP.mirrored, part, own(table), db)),
    countUpTo(CAP.mirrored, 'addresses', ofMembers('member_addresses'), db),
    ...OF_MEMBERS.map(([part, table]) => countUpTo(CAP.added, part, ofMembers(table), db)),
  ]);
  return [{ part: 'members', count: Number(members?.sum ?? 0), capped: false }, ...counted];
}

async function countUpTo(cap: number, part: string, query: Knex.QueryBuilder, db: Knex): Promise<ContentCount> {
  const found = query.select(db.raw('1')).limit(cap + 1);
  const rows = await db.count<{ count: number }[]>('* as count').from(found.as('found'));
  const count = Number(rows[0]?.count ?? 0);
  return { part, count: Math.min(count, cap), capped: count > cap };
}
