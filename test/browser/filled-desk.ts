import type { Knex } from 'knex';
import { insertDraft } from '../posts/draft-factories';

const TEXT = `The tide table of {{campaign}} is back.

## What is new

- Spring tides are marked
- Night hours have a colour of their own

Read [how we count](https://example.com/counting).`;

/** What staff write: drafts in several states, one of them saved twice, a template, a snippet, and a plan for a tier. */
export async function fillDesk(knex: Knex): Promise<void> {
  const { id: campaignId } = await knex('patreon_campaigns').orderBy('id').first('id');
  const title = 'The tide table for the whole of next year, with the harbour and both lighthouses';
  const ready = await insertDraft(knex, campaignId, {
    state: 'ready',
    version: 2,
    title,
    content: TEXT,
    is_paid: true,
  });
  const second = { draft_id: ready, version: 2, kind: 'saved', title, is_paid: true };
  const first = await knex('post_draft_versions').where({ draft_id: ready }).first();
  await knex('post_draft_versions').insert({ ...first, ...second, content: TEXT.replace('Spring', 'All') });
  const soon = new Date(Date.now() + 36 * 3_600_000).toISOString();
  await insertDraft(knex, campaignId, { state: 'in_review', title: 'A letter', content: TEXT, planned_for: soon });
  await insertDraft(knex, campaignId, { state: 'idea', title: '' });
  const kept = { campaign_id: campaignId, name: 'Monthly letter', content: TEXT };
  await knex('post_templates').insert({ ...kept, title: 'The letter of {{date}}' });
  await knex('post_snippets').insert({ ...kept, name: 'How we count' });
  const tiers = knex('patreon_tiers').where({ campaign_id: campaignId }).orderBy('id', 'desc');
  const { id: tierId, amount_cents: base } = await tiers.first('id', 'amount_cents');
  const [plan] = await knex('planned_changes')
    .insert({ campaign_id: campaignId, resource: 'tier', action: 'edit', tier_id: tierId, reason: 'Postage went up.' })
    .returning('id');
  await knex('planned_values').insert({ plan_id: plan.id, field: 'amount_cents', base, wanted: base + 200 });
}
