import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What posts of one kind begin with; of one campaign, or of all of them.
    create table post_templates (
      id integer generated always as identity primary key,
      campaign_id integer references patreon_campaigns on delete cascade,
      name text not null check (name <> '' and length(name) <= 80),
      title text not null default '' check (length(title) <= 300),
      content text not null default '' check (length(content) <= 100000),   -- Markdown
      is_paid boolean not null default false,
      is_public boolean not null default false,
      min_cents_pledged_to_view integer check (min_cents_pledged_to_view >= 0),
      tiers text[] not null default '{}',    -- Patreon's tier ids; none where it is for all campaigns
      tags text[] not null default '{}',
      saved_by integer references staff on delete set null,
      saved_at timestamptz not null default now(),
      deleted_by integer references staff on delete set null,
      deleted_at timestamptz,                -- can be brought back for a while
      check (campaign_id is not null or tiers = '{}')
    );
    create unique index post_templates_name_idx on post_templates (coalesce(campaign_id, 0), lower(name)) where deleted_at is null;
    create index post_templates_campaign_idx on post_templates (campaign_id);

    -- A few words or a paragraph that posts have in common.
    create table post_snippets (
      id integer generated always as identity primary key,
      campaign_id integer references patreon_campaigns on delete cascade,
      name text not null check (name <> '' and length(name) <= 80),
      content text not null check (content <> '' and length(content) <= 5000),   -- Markdown
      saved_by integer references staff on delete set null,
      saved_at timestamptz not null default now(),
      deleted_by integer references staff on delete set null,
      deleted_at timestamptz
    );
    create unique index post_snippets_name_idx on post_snippets (coalesce(campaign_id, 0), lower(name)) where deleted_at is null;
    create index post_snippets_campaign_idx on post_snippets (campaign_id);

    -- What was done to several drafts at once, with what they were before: it can be undone for a while.
    create table post_draft_batches (
      id bigint generated always as identity primary key,
      action text not null check (action in ('shift', 'plan', 'idea', 'draft', 'delete')),
      drafts jsonb not null,                 -- [{id, version, before}]
      staff_id integer references staff on delete set null,
      created_at timestamptz not null default now(),
      undone_at timestamptz
    );
    create index post_draft_batches_created_idx on post_draft_batches (created_at);

    -- Beside the calendar stand the drafts without a day.
    create index post_drafts_dayless_idx on post_drafts (saved_at, id)
      where deleted_at is null and planned_for is null and state in ('idea', 'draft', 'in_review', 'ready');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index post_drafts_dayless_idx;
    drop table post_draft_batches, post_snippets, post_templates;
  `);
}
