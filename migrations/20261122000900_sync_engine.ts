import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Of the record as it came, with all that it refers to: a member whose digest is the same need not be looked at.
    alter table patreon_members add column digest bytea;
    -- Whatever else changes a row must not leave it passing for what Patreon said.
    create function patreon_members_forget_digest() returns trigger language plpgsql as $$
    begin
      new.digest := null;
      return new;
    end $$;
    create trigger patreon_members_forget_digest before update on patreon_members
      for each row when (old.digest is not distinct from new.digest and new.digest is not null)
      execute function patreon_members_forget_digest();

    -- The latest read of one resource by itself, changed or not: a list read at the same moment must know of it.
    create table patreon_read_stamps (
      campaign_id integer not null references patreon_campaigns on delete cascade,
      resource text not null,
      patreon_id text not null,
      start_seq bigint not null,          -- in patreon_read_seq: before the request was sent
      end_seq bigint not null,            -- after the answer had come
      read_at timestamptz not null default now(),
      primary key (campaign_id, resource, patreon_id)
    );
    create index patreon_read_stamps_end_seq_idx on patreon_read_stamps (campaign_id, resource, end_seq);

    -- Which ids the pass under way has met, page by page, and by which read. Two runs of one campaign never overlap.
    -- Unlogged: after a crash of the database the pass is simply not provable and is read again.
    drop table sync_sightings;
    create unlogged table sync_sighted_pages (
      campaign_id integer not null,
      resource text not null,
      run_id integer not null,
      page integer not null,
      start_seq bigint not null,
      end_seq bigint not null,
      ids text[] not null,
      primary key (campaign_id, resource, run_id, page)
    );
    alter table sync_sighted_pages alter column ids set storage external;

    alter table sync_runs
      add column decision text check (decision in ('applied', 'discarded', 'superseded')),
      add column decided_by integer references staff on delete set null,
      add column decided_at timestamptz;
    create index sync_runs_held_idx on sync_runs (id) where state = 'held';
    -- Locks say which connections an open run reads; a run that has ended keeps knowing it.
    alter table sync_runs add column credential_ids integer[] not null default '{}';
    update sync_runs set credential_ids = array(select credential_id from sync_locks where run_id = sync_runs.id);

    alter table sync_run_resources
      drop constraint sync_run_resources_state_check,
      add constraint sync_run_resources_state_check
        check (state in ('running', 'succeeded', 'failed', 'held', 'cancelled')),
      -- Where a pass stands, committed with its page: whoever takes the run over goes on from there.
      add column phase text not null default 'reading' check (phase in ('reading', 'concluding', 'applying')),
      add column cursor text,
      add column pass jsonb,
      add column start_seq bigint,
      add column end_seq bigint,
      -- Records that differ and wait for the end of the pass.
      add column staged integer not null default 0;
    create index sync_run_resources_campaign_idx on sync_run_resources (campaign_id, resource, run_id);

    -- What a pass read that differs from what is stored: applied when the pass has been judged, dropped when it is refused.
    create table sync_staged_records (
      run_id integer not null references sync_runs on delete cascade,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      resource text not null,
      patreon_id text not null,
      read_seq bigint not null,
      end_seq bigint not null,
      record text not null,               -- encrypted: it may hold a postal address
      primary key (run_id, campaign_id, resource, patreon_id)
    );
    create index sync_staged_records_read_seq_idx
      on sync_staged_records (run_id, campaign_id, resource, read_seq, patreon_id);

    -- Whom a pass would mark as gone or no longer paying: what the brake counts, and what a person decides on.
    create table sync_departures (
      run_id integer not null references sync_runs on delete cascade,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      resource text not null,
      patreon_id text not null,
      reason text not null check (reason in ('gone', 'not_paying')),
      kind_before text,
      kind_after text,
      monthly_cents_before bigint,
      primary key (run_id, campaign_id, resource, patreon_id)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table sync_departures, sync_staged_records, patreon_read_stamps, sync_sighted_pages;
    delete from sync_run_resources where state = 'held';
    alter table sync_run_resources
      drop column phase, drop column cursor, drop column pass, drop column start_seq, drop column end_seq,
      drop column staged,
      drop constraint sync_run_resources_state_check,
      add constraint sync_run_resources_state_check check (state in ('running', 'succeeded', 'failed', 'cancelled'));
    drop index sync_run_resources_campaign_idx;
    alter table sync_runs drop column decision, drop column decided_by, drop column decided_at, drop column credential_ids;
    create unlogged table sync_sightings (
      run_id integer not null,
      campaign_id integer not null,
      resource text not null,
      patreon_id text not null,
      primary key (run_id, campaign_id, resource, patreon_id)
    );
    drop trigger patreon_members_forget_digest on patreon_members;
    drop function patreon_members_forget_digest();
    alter table patreon_members drop column digest;
  `);
}
