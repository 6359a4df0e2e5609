import type { Knex } from 'knex';

/** Counted no further: a page that asks before deleting must not take longer than the deleting. */
const CAP = 100_000;

export interface ContentCount {
  part: string;
  count: number;
  capped: boolean;
}

const OF_MEMBERS = [
  ['notes', 'member_notes'],
  ['labels', 'member_labels'],
  ['follow_ups', 'member_follow_ups'],
  ['field_values', 'member_field_values'],
  ['addresses', 'member_addresses'],
] as const;

/** What belongs to a campaign here, in the order in which a page tells it; gone rows are counted too. */
export async function countCampaignContents(campaignId: number, db: Knex): Promise<ContentCount[]> {
  const [members] = await db('patreon_member_counts')
    .where({ campaign_id: campaignId })
    .sum<{ sum: string | null }[]>({ sum: 'members' });
  const own = (table: string) => db(table).where({ campaign_id: campaignId });
  const parts: [string, Knex.QueryBuilder][] = [
    ['posts', own('patreon_posts')],
    ['tiers', own('patreon_tiers')],
    ['benefits', own('patreon_benefits')],
    ['charges', own('pledge_events')],
    ['changes', own('patreon_changes')],
    ...OF_MEMBERS.map(([part, table]): [string, Knex.QueryBuilder] => [
      part,
      db(`${table} as x`).join('patreon_members as m', 'm.id', 'x.member_id').where('m.campaign_id', campaignId),
    ]),
  ];
  const counted = await Promise.all(parts.map(([part, query]) => countUpTo(part, query, db)));
  return [{ part: 'members', count: Number(members?.sum ?? 0), capped: false }, ...counted];
}

async function countUpTo(part: string, query: Knex.QueryBuilder, db: Knex): Promise<ContentCount> {
  const found = query.select(db.raw('1')).limit(CAP + 1);
  const rows = await db.count<{ count: number }[]>('* as count').from(found.as('found'));
  const count = Number(rows[0]?.count ?? 0);
  return { part, count: Math.min(count, CAP), capped: count > CAP };
}
