import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table patreon_credentials (
      id integer generated always as identity primary key,
      source text not null default 'panel' check (source in ('panel', 'environment')),
      campaign_name text not null,
      client_id text not null,
      client_secret text,                 -- encrypted
      redirect_uri text not null,
      state text not null default 'not_connected'
        check (state in ('not_connected', 'connected', 'reconnect_needed', 'refresh_unknown', 'disconnected')),
      access_token text,                  -- encrypted
      refresh_token text,                 -- encrypted
      token_expires_at timestamptz,
      token_obtained_at timestamptz,
      token_version integer not null default 0,
      refresh_started_at timestamptz,
      refresh_retry_at timestamptz,       -- no refresh is tried by itself before: the token endpoint was unavailable
      environment_digest text,            -- tells when the tokens in the environment were replaced
      scopes text[] not null default '{}',
      patreon_user_id text,
      patreon_user_name text,
      last_error text,
      last_error_at timestamptz,
      connected_at timestamptz,
      disconnected_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create unique index patreon_credentials_environment_key on patreon_credentials (source) where source = 'environment';

    -- Which Patreon campaign is read through which credential. The key lets a campaign belong to one credential only,
    -- also for two connections that are made at the same moment.
    create table patreon_credential_campaigns (
      patreon_campaign_id text primary key,
      credential_id integer not null references patreon_credentials on delete cascade,
      name text
    );
    create index patreon_credential_campaigns_credential_idx on patreon_credential_campaigns (credential_id);

    create table oauth_states (
      state_digest bytea primary key,
      credential_id integer not null references patreon_credentials on delete cascade,
      staff_id integer not null references staff on delete cascade,
      session_digest bytea not null,
      expires_at timestamptz not null,
      used_at timestamptz,
      created_at timestamptz not null default now()
    );
    create index oauth_states_expires_idx on oauth_states (expires_at);

    -- What was asked of Patreon, by hour; the budgets are enforced from rate_limits, this is their history.
    create table request_usage (
      hour timestamptz not null,
      credential_id integer not null references patreon_credentials on delete cascade,
      requests integer not null default 0,
      errors integer not null default 0,
      throttled integer not null default 0,
      last_429_at timestamptz,
      primary key (hour, credential_id)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table request_usage, oauth_states, patreon_credential_campaigns, patreon_credentials');
}
