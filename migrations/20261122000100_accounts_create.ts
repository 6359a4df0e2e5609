import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table staff (
      id integer generated always as identity primary key,
      email text not null check (email = lower(email)),
      name text not null,
      role text not null check (role in ('owner', 'manager', 'editor', 'viewer')),
      password_hash text,
      theme text not null default 'dark' check (theme in ('dark', 'light', 'system')),
      locale text not null default 'en' check (locale in ('en', 'fr')),
      session_epoch integer not null default 1,
      disabled_at timestamptz,
      last_sign_in_at timestamptz,
      created_at timestamptz not null default now()
    );
    create unique index staff_email_key on staff (email);

    -- The columns that connect-pg-simple expects.
    create table sessions (
      sid varchar primary key,
      sess json not null,
      expire timestamp(6) not null
    );
    create index sessions_expire_idx on sessions (expire);
    create index sessions_staff_idx on sessions ((sess ->> 'staffId'));

    -- One-time links (first-run set-up, demo sign-in); only a digest of the token is kept.
    create table sign_in_links (
      id integer generated always as identity primary key,
      purpose text not null check (purpose in ('setup', 'sign_in')),
      token_digest bytea not null unique,
      staff_id integer references staff on delete cascade,
      expires_at timestamptz not null,
      used_at timestamptz,
      created_at timestamptz not null default now(),
      check ((purpose = 'sign_in') = (staff_id is not null))
    );

    -- The columns that rate-limiter-flexible expects.
    create table rate_limits (
      key varchar(255) primary key,
      points integer not null default 0,
      expire bigint
    );

    create table settings (
      key text primary key,
      value jsonb not null,
      updated_at timestamptz not null default now()
    );

    create table audit_entries (
      id bigint generated always as identity primary key,
      at timestamptz not null default now(),
      actor text not null,
      staff_id integer,
      action text not null,
      subject_type text,
      subject_id text,
      details jsonb not null default '{}',
      request_id text
    );
    create index audit_entries_at_idx on audit_entries (at, id);
    create index audit_entries_subject_idx on audit_entries (subject_type, subject_id, id);

    create function audit_entries_are_append_only() returns trigger language plpgsql as $$
    begin
      raise exception 'audit entries are append-only';
    end $$;
    create trigger audit_entries_append_only before update or delete or truncate on audit_entries
      for each statement execute function audit_entries_are_append_only();
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table audit_entries, settings, rate_limits, sign_in_links, sessions, staff;
    drop function audit_entries_are_append_only();
  `);
}
