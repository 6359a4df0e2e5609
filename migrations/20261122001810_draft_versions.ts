import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- A text that was sent while somebody else had already saved another one: kept, though it never was the draft's text.
    alter table post_draft_versions add column is_aside boolean not null default false;
    create index post_draft_versions_autosaved_idx on post_draft_versions (saved_at, draft_id)
      where kind = 'autosaved' and not is_aside;
    -- Whoever has several tiers is counted with each of them, and must not be when the people of some tiers are counted.
    create index patreon_members_several_tiers_idx on patreon_members (campaign_id)
      where gone_at is null and cardinality(currently_entitled_tiers) > 1;
    -- Drawn by the form that makes a draft, so that sending it twice makes one draft.
    alter table post_drafts add column form_token uuid unique;
    create index post_draft_editors_staff_idx on post_draft_editors (staff_id);
    create index post_drafts_created_by_idx on post_drafts (created_by, saved_at, id) where deleted_at is null;
    -- The end of the list that is sorted by plan, as keyset pages ask for it.
    create index post_drafts_unplanned_idx on post_drafts (planned_for, id) where deleted_at is null and planned_for is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index post_drafts_unplanned_idx, post_drafts_created_by_idx, post_draft_editors_staff_idx;
    alter table post_drafts drop column form_token;
    drop index patreon_members_several_tiers_idx, post_draft_versions_autosaved_idx;
    alter table post_draft_versions drop column is_aside;
  `);
}
