import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table sync_runs (
      id integer generated always as identity primary key,
      trigger text not null check (trigger in ('schedule', 'cli', 'panel', 'connect', 'webhook')),
      requested_by integer references staff on delete set null,
      campaign_id integer references patreon_campaigns on delete set null,
      resources text[] not null,
      state text not null default 'queued'
        check (state in ('queued', 'running', 'succeeded', 'partial', 'failed', 'held', 'cancelled')),
      -- The fencing token: every write of a run names the epoch it was started under.
      epoch integer not null default 0,
      lease_owner text,
      lease_until timestamptz,
      cancel_requested_at timestamptz,
      waiting_until timestamptz,          -- a spent budget: the run goes on by itself then
      requests integer not null default 0,
      errors jsonb not null default '[]',
      queued_at timestamptz not null default now(),
      started_at timestamptz,
      finished_at timestamptz
    );
    create index sync_runs_open_idx on sync_runs (state, lease_until) where state in ('queued', 'running');
    create index sync_runs_campaign_idx on sync_runs (campaign_id, id);

    -- Held from the moment a run is queued until it has ended: two runs over one credential never overlap.
    create table sync_locks (
      credential_id integer primary key references patreon_credentials on delete cascade,
      run_id integer not null references sync_runs on delete cascade
    );
    create index sync_locks_run_idx on sync_locks (run_id);

    create table sync_run_resources (
      run_id integer not null references sync_runs on delete cascade,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      resource text not null check (resource in ('campaigns', 'tiers', 'members', 'posts')),
      state text not null default 'running' check (state in ('running', 'succeeded', 'failed', 'cancelled')),
      pages integer not null default 0,
      fetched integer not null default 0,
      created integer not null default 0,
      updated integer not null default 0,
      unchanged integer not null default 0,
      gone integer not null default 0,
      quarantined integer not null default 0,
      reported_total integer,
      complete boolean,
      error text,
      started_at timestamptz not null default now(),
      finished_at timestamptz,
      primary key (run_id, campaign_id, resource)
    );

    -- Which ids a pass has met. Unlogged: after a crash of the database the pass is simply not provable and is read again.
    create unlogged table sync_sightings (
      run_id integer not null,
      campaign_id integer not null,
      resource text not null,
      patreon_id text not null,
      primary key (run_id, campaign_id, resource, patreon_id)
    );

    create table sync_quarantine (
      id bigint generated always as identity primary key,
      run_id integer not null references sync_runs on delete cascade,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      resource text not null,
      patreon_id text,
      reason text not null,
      raw text not null,
      created_at timestamptz not null default now()
    );
    create index sync_quarantine_run_idx on sync_quarantine (run_id, id);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table sync_quarantine, sync_sightings, sync_run_resources, sync_locks, sync_runs');
}
