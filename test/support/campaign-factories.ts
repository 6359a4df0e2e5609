import type { Knex } from 'knex';

type Values = Record<string, unknown>;

let made = 0;
const nextPatreonId = () => String(900_000 + ++made);

/** Inserts one campaign; its row id comes back. What is not given is null. */
export async function insertCampaign(knex: Knex, values: Values = {}): Promise<number> {
  const [id] = await insertRows(knex, 'patreon_campaigns', [values]);
  return id as number;
}

/** Inserts tiers of one campaign in one statement; row ids come back in the order given. */
export async function insertTiers(knex: Knex, campaignId: number, tiers: Values[]): Promise<number[]> {
  return insertRows(
    knex,
    'patreon_tiers',
    tiers.map((tier) => ({ ...tier, campaign_id: campaignId })),
  );
}

export async function insertBenefits(knex: Knex, campaignId: number, benefits: Values[]): Promise<number[]> {
  return insertRows(
    knex,
    'patreon_benefits',
    benefits.map((benefit) => ({ ...benefit, campaign_id: campaignId })),
  );
}

export async function insertPosts(knex: Knex, campaignId: number, posts: Values[]): Promise<number[]> {
  return insertRows(
    knex,
    'patreon_posts',
    posts.map((post) => ({ ...post, campaign_id: campaignId })),
  );
}

/** Inserts members with no more than what counts: the campaign's figures follow by trigger. */
export async function insertMembersOfKind(
  knex: Knex,
  campaignId: number,
  kind: string,
  howMany: number,
  values: Values = {},
): Promise<void> {
  const members = Array.from({ length: howMany }, () => ({
    monthly_cents: 0,
    ...values,
    kind,
    campaign_id: campaignId,
  }));
  await insertRows(knex, 'patreon_members', members);
}

async function insertRows(knex: Knex, table: string, rows: Values[]): Promise<number[]> {
  const complete = rows.map((row) => ({ patreon_id: nextPatreonId(), read_seq: 1, ...row }));
  const inserted: { id: number }[] = await knex(table).insert(complete).returning('id');
  return inserted.map(({ id }) => id);
}

/** Empties everything that hangs on campaigns. */
export async function deleteCampaigns(knex: Knex): Promise<void> {
  await knex('patreon_campaigns').delete();
}
