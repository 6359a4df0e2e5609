import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What staff decide about a campaign. Beside the mirrored row, so that no sync and no change row knows of it.
    create table campaign_settings (
      campaign_id integer primary key references patreon_campaigns on delete cascade,
      local_name text check (local_name = btrim(local_name) and local_name <> '' and length(local_name) <= 100),
      colour text
        check (colour in ('blue', 'purple', 'pink', 'orange', 'yellow', 'green', 'teal', 'grey')),
      time_zone text,                     -- IANA name; null is UTC
      notes text not null default '' check (length(notes) <= 10000),   -- Markdown
      is_scheduled boolean not null default true,
      syncs_members boolean not null default true,
      syncs_posts boolean not null default true,
      set_by integer references staff on delete set null,
      set_at timestamptz not null default now()
    );

    -- Campaigns that were deleted here: no sync brings them back. Until deleted_at is set, rows are still being removed.
    create table ignored_campaigns (
      patreon_id text primary key,
      campaign_id integer not null,       -- of the row that is or was removed
      name text not null,
      ignored_by integer references staff on delete set null,
      ignored_at timestamptz not null default now(),
      deleted_at timestamptz
    );

    -- A read that was under way while the campaign was deleted must not bring it back either.
    create function patreon_campaigns_refuse_ignored() returns trigger language plpgsql as $$
    begin
      if exists (select from ignored_campaigns where patreon_id = new.patreon_id) then
        raise exception 'campaign % is ignored', new.patreon_id using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger patreon_campaigns_refuse_ignored before insert on patreon_campaigns
      for each row execute function patreon_campaigns_refuse_ignored();

    create index patreon_benefits_title_idx on patreon_benefits ((nullif(title, '') collate "und-x-icu"), id);

    -- Members of one campaign counted by tier, cadence and month of joining; counting a large campaign takes seconds.
    create table campaign_statistics (
      campaign_id integer primary key references patreon_campaigns on delete cascade,
      counts jsonb not null,
      counted_at timestamptz not null
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table campaign_statistics;
    drop index patreon_benefits_title_idx;
    drop trigger patreon_campaigns_refuse_ignored on patreon_campaigns;
    drop function patreon_campaigns_refuse_ignored();
    drop table ignored_campaigns, campaign_settings;
  `);
}
