import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- One action on many members. What it is about to touch is written down once, when it begins, so that it ends where it
    -- was meant to whatever a sync changes meanwhile; how far it came is committed with every part of the work.
    create table member_batches (
      id bigint generated always as identity primary key,
      action text not null check (action in
        ('add_label', 'remove_label', 'add_note', 'assign_follow_up', 'merge_label', 'delete_label')),
      arguments jsonb not null default '{}',
      query text check (length(query) <= 4000),     -- of the list whose matches were chosen; null for members picked one by one
      reverts bigint unique references member_batches on delete cascade,
      request_key uuid unique,                      -- of the page that confirmed it: sent twice, it is made once
      state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
      failure text,
      total integer not null,
      done integer not null default 0,
      changed integer not null default 0,
      last_id bigint not null default 0,
      created_by integer references staff on delete set null,
      created_at timestamptz not null default now(),
      started_at timestamptz,
      heartbeat_at timestamptz not null default now(),
      cancel_requested_at timestamptz,
      finished_at timestamptz
    );
    create index member_batches_open_idx on member_batches (heartbeat_at) where state in ('queued', 'running');

    -- Emptied when the batch ends. A member that is deleted in between is simply met no more.
    create table member_batch_members (
      batch_id bigint not null references member_batches on delete cascade,
      member_id bigint not null,
      primary key (batch_id, member_id)
    );

    -- Undo asks for the actions of a batch on a part of its members.
    drop index member_actions_batch_idx;
    create index member_actions_batch_idx on member_actions (batch_id, member_id) where batch_id is not null;

    -- Kept up to date by the statements that write labels, so that no page has to count them.
    alter table labels add column members bigint not null default 0;

    create function labels_members_apply() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' then
        update labels l set members = l.members + n.members
          from (select label_id, count(*) as members from new_rows group by label_id) n where l.id = n.label_id;
      else
        update labels l set members = l.members - o.members
          from (select label_id, count(*) as members from old_rows group by label_id) o where l.id = o.label_id;
      end if;
      return null;
    end $$;

    create trigger member_labels_count_insert after insert on member_labels
      referencing new table as new_rows for each statement execute function labels_members_apply();
    create trigger member_labels_count_delete after delete on member_labels
      referencing old table as old_rows for each statement execute function labels_members_apply();

    update labels l set members = n.members
      from (select label_id, count(*) as members from member_labels group by label_id) n where l.id = n.label_id;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger member_labels_count_insert on member_labels;
    drop trigger member_labels_count_delete on member_labels;
    drop function labels_members_apply();
    alter table labels drop column members;
    drop index member_actions_batch_idx;
    create index member_actions_batch_idx on member_actions (batch_id) where batch_id is not null;
    drop table member_batch_members, member_batches;
  `);
}
