import type { Knex } from 'knex';
import { EMPTY_CONTENT } from '../../src/apps/posts/draft-content';

type Values = Record<string, unknown>;

/** Inserts a draft with its first version; its row id comes back. */
export async function insertDraft(knex: Knex, campaignId: number, values: Values = {}): Promise<number> {
  const content = Object.fromEntries(
    Object.entries(EMPTY_CONTENT).map(([field, value]) => [field, values[field] ?? value]),
  );
  const [{ id }] = await knex('post_drafts')
    .insert({ campaign_id: campaignId, ...values })
    .returning('id');
  await knex('post_draft_versions').insert({ ...content, draft_id: id, version: 1, kind: 'created' });
  return id;
}

export const storedDraft = (knex: Knex, id: number) => knex('post_drafts').where({ id }).first();
export const versionsOf = (knex: Knex, id: number) =>
  knex('post_draft_versions').where({ draft_id: id }).orderBy('version');
