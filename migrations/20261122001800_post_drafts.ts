import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Posts that staff write here. Their ids come from the same sequence as those of mirrored posts, so that an address
    -- /patreon/posts/{id}/ means one thing only.
    create table post_drafts (
      id bigint primary key default nextval(pg_get_serial_sequence('patreon_posts', 'id')),
      campaign_id integer not null references patreon_campaigns on delete cascade,
      state text not null default 'draft'
        check (state in ('idea', 'draft', 'in_review', 'ready', 'handed_off', 'published', 'drifted')),
      title text not null default '' check (length(title) <= 300),
      content text not null default '' check (length(content) <= 100000),   -- Markdown
      is_paid boolean not null default false,
      is_public boolean not null default false,
      min_cents_pledged_to_view integer check (min_cents_pledged_to_view >= 0),
      tiers text[] not null default '{}',    -- Patreon's tier ids, as in patreon_posts
      planned_for timestamptz,
      tags text[] not null default '{}',
      cover_id bigint,                       -- a picture of post_pictures
      notes text not null default '' check (length(notes) <= 10000),        -- for staff, never handed off
      version integer not null default 1,    -- of the latest row of post_draft_versions
      handed_off_version integer,
      handed_off_at timestamptz,
      post_id bigint references patreon_posts on delete set null,           -- what it became on Patreon
      created_by integer references staff on delete set null,
      created_at timestamptz not null default now(),
      saved_by integer references staff on delete set null,
      saved_at timestamptz not null default now(),
      state_by integer references staff on delete set null,
      state_at timestamptz not null default now(),
      deleted_by integer references staff on delete set null,
      deleted_at timestamptz                 -- can be brought back for a while
    );
    create index post_drafts_saved_idx on post_drafts (saved_at, id) where deleted_at is null;
    create index post_drafts_campaign_idx on post_drafts (campaign_id, saved_at, id) where deleted_at is null;
    create index post_drafts_planned_idx on post_drafts (planned_for, id) where deleted_at is null and planned_for is not null;
    create index post_drafts_state_idx on post_drafts (state, saved_at, id) where deleted_at is null;
    create index post_drafts_deleted_idx on post_drafts (deleted_at) where deleted_at is not null;
    create unique index post_drafts_post_idx on post_drafts (post_id) where post_id is not null and deleted_at is null;

    -- All that was ever saved of a draft, one row per version.
    create table post_draft_versions (
      draft_id bigint not null references post_drafts on delete cascade,
      version integer not null,
      kind text not null check (kind in ('created', 'autosaved', 'saved', 'restored')),
      restored_from integer,
      title text not null,
      content text not null,
      is_paid boolean not null,
      is_public boolean not null,
      min_cents_pledged_to_view integer,
      tiers text[] not null,
      planned_for timestamptz,
      tags text[] not null,
      cover_id bigint,
      notes text not null,
      saved_by integer references staff on delete set null,
      saved_at timestamptz not null default now(),
      primary key (draft_id, version)
    );

    -- Who moved a draft from one state to another, and when. Nobody: a sync found it on Patreon.
    create table post_draft_moves (
      id bigint generated always as identity primary key,
      draft_id bigint not null references post_drafts on delete cascade,
      from_state text,
      to_state text not null,
      version integer not null,
      note text not null default '' check (length(note) <= 1000),
      moved_by integer references staff on delete set null,
      moved_at timestamptz not null default now()
    );
    create index post_draft_moves_draft_idx on post_draft_moves (draft_id, id);

    create table post_draft_comments (
      id bigint generated always as identity primary key,
      draft_id bigint not null references post_drafts on delete cascade,
      version integer not null,              -- what was commented on
      body text not null check (body <> '' and length(body) <= 5000),       -- Markdown
      author_id integer references staff on delete set null,
      created_at timestamptz not null default now(),
      resolved_by integer references staff on delete set null,
      resolved_at timestamptz
    );
    create index post_draft_comments_draft_idx on post_draft_comments (draft_id, id);

    -- Pictures that staff put into drafts, as they were uploaded.
    create table post_pictures (
      id bigint generated always as identity primary key,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      draft_id bigint references post_drafts on delete set null,            -- where it was uploaded
      sha256 bytea not null,
      content_type text not null check (content_type in ('image/png', 'image/jpeg', 'image/gif', 'image/webp')),
      bytes bytea not null,
      width integer not null,
      height integer not null,
      file_name text not null default '',
      created_by integer references staff on delete set null,
      created_at timestamptz not null default now(),
      unique (campaign_id, sha256)
    );
    create index post_pictures_draft_idx on post_pictures (draft_id);
    -- Compressed already: PostgreSQL need not try.
    alter table post_pictures alter column bytes set storage external;

    -- Who has a draft open, kept for a minute at a time.
    create table post_draft_editors (
      draft_id bigint not null references post_drafts on delete cascade,
      staff_id integer not null references staff on delete cascade,
      seen_at timestamptz not null default now(),
      primary key (draft_id, staff_id)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table post_draft_editors, post_pictures, post_draft_comments, post_draft_moves, post_draft_versions, post_drafts;
  `);
}
