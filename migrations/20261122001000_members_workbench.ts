import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What staff add to members. It hangs on our row, which a sync marks as gone and never deletes.
    create table labels (
      id integer generated always as identity primary key,
      name text not null check (name = btrim(name) and name <> '' and length(name) <= 50),
      created_by integer references staff on delete set null,
      created_at timestamptz not null default now()
    );
    create unique index labels_name_key on labels (lower(name));

    create table member_labels (
      label_id integer not null references labels on delete cascade,
      member_id bigint not null references patreon_members on delete cascade,
      added_by integer references staff on delete set null,
      added_at timestamptz not null default now(),
      primary key (label_id, member_id)
    );
    create index member_labels_member_idx on member_labels (member_id, label_id);

    create table member_notes (
      id bigint generated always as identity primary key,
      member_id bigint not null references patreon_members on delete cascade,
      author_id integer references staff on delete set null,
      body text not null check (length(body) <= 10000),        -- Markdown
      pinned boolean not null default false,
      created_at timestamptz not null default now(),
      edited_at timestamptz
    );
    create index member_notes_member_idx on member_notes (member_id, id);

    -- One for each member: who looks after what is to be done, and until when.
    create table member_follow_ups (
      member_id bigint primary key references patreon_members on delete cascade,
      owner_id integer references staff on delete set null,
      due_on date,
      task text not null default '' check (length(task) <= 500),
      set_by integer references staff on delete set null,
      set_at timestamptz not null default now()
    );
    create index member_follow_ups_owner_idx on member_follow_ups (owner_id, due_on);

    create table member_fields (
      id integer generated always as identity primary key,
      name text not null check (name = btrim(name) and name <> '' and length(name) <= 50),
      created_at timestamptz not null default now()
    );
    create unique index member_fields_name_key on member_fields (lower(name));

    create table member_field_values (
      member_id bigint not null references patreon_members on delete cascade,
      field_id integer not null references member_fields on delete cascade,
      value text not null check (value <> '' and length(value) <= 1000),
      primary key (member_id, field_id)
    );
    create index member_field_values_field_idx on member_field_values (field_id, value);

    -- What staff did with a member, for its timeline: one row for each member that an action touched. Never a name, a note
    -- or an address.
    create table member_actions (
      id bigint generated always as identity primary key,
      member_id bigint not null references patreon_members on delete cascade,
      staff_id integer references staff on delete set null,
      action text not null,               -- noun and past participle: 'label.added'
      details jsonb not null default '{}',
      batch_id bigint,                    -- the bulk action that it was part of
      at timestamptz not null default now()
    );
    create index member_actions_member_idx on member_actions (member_id, id);
    create index member_actions_batch_idx on member_actions (batch_id) where batch_id is not null;

    create table member_views (
      id integer generated always as identity primary key,
      owner_id integer not null references staff on delete cascade,
      name text not null check (name = btrim(name) and name <> '' and length(name) <= 80),
      query text not null check (length(query) <= 4000),        -- of the list's address
      shared boolean not null default false,
      pinned boolean not null default false,
      created_at timestamptz not null default now()
    );
    create unique index member_views_name_key on member_views (owner_id, lower(name));
    create index member_views_shared_idx on member_views (id) where shared;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table member_views, member_actions, member_field_values, member_fields, member_follow_ups, member_notes,
      member_labels, labels;
  `);
}
