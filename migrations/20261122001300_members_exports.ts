import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Files of members that staff have taken, and those being written now. Not what was in them.
    create table exports (
      id bigint generated always as identity primary key,
      staff_id integer references staff on delete set null,
      format text not null check (format in ('csv', 'json')),
      query text not null check (length(query) <= 4000),      -- of the list's address, without texts that were searched
      columns text[] not null,
      state text not null default 'running' check (state in ('running', 'succeeded', 'cancelled', 'failed')),
      rows bigint not null default 0,
      started_at timestamptz not null default now(),
      seen_at timestamptz not null default now(),             -- when the process that writes it last said so
      finished_at timestamptz,
      check ((state = 'running') = (finished_at is null))
    );
    -- One at a time for each person.
    create unique index exports_running_idx on exports (staff_id) where state = 'running';

    -- The log is read newest first under one filter at a time; (at, id) has its index already.
    create index audit_entries_staff_idx on audit_entries (staff_id, at, id);
    create index audit_entries_group_idx on audit_entries (split_part(action, '.', 1), at, id);
    create index audit_entries_subject_at_idx on audit_entries (subject_type, subject_id, at, id);
    drop index audit_entries_subject_idx;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    create index audit_entries_subject_idx on audit_entries (subject_type, subject_id, id);
    drop index audit_entries_staff_idx, audit_entries_group_idx, audit_entries_subject_at_idx;
    drop table exports;
  `);
}
