import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Each read of Patreon takes its place in this sequence before it is sent; an older read never overwrites a newer one.
    create sequence patreon_read_seq;

    create table patreon_campaigns (
      id integer generated always as identity primary key,
      credential_id integer references patreon_credentials on delete set null,
      patreon_id text not null unique,
      created_at timestamptz,
      creation_name text,
      currency text,
      discord_server_id text,
      google_analytics_id text,
      has_rss boolean,
      has_sent_rss_notify boolean,
      image_small_url text,
      image_url text,
      is_charged_immediately boolean,
      is_monthly boolean,
      is_nsfw boolean,
      main_video_embed text,
      main_video_url text,
      name text,
      one_liner text,
      patron_count bigint,
      pay_per_name text,
      pledge_url text,
      published_at timestamptz,
      rss_artwork_url text,
      rss_feed_title text,
      show_earnings boolean,
      summary text,
      thanks_embed text,
      thanks_msg text,
      thanks_video_url text,
      url text,
      vanity text,
      creator_patreon_id text,
      creator_full_name text,
      creator_image_url text,
      creator_url text,
      creator_vanity text,
      read_seq bigint not null,
      first_seen_at timestamptz not null default now(),
      changed_at timestamptz not null default now(),
      gone_at timestamptz
    );
    create index patreon_campaigns_credential_idx on patreon_campaigns (credential_id);

    create table patreon_tiers (
      id integer generated always as identity primary key,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      patreon_id text not null,
      amount_cents bigint,
      created_at timestamptz,
      description text,
      discord_role_ids text[],
      edited_at timestamptz,
      image_url text,
      patron_count bigint,
      post_count bigint,
      published boolean,
      published_at timestamptz,
      remaining bigint,
      requires_shipping boolean,
      title text,
      unpublished_at timestamptz,
      url text,
      user_limit bigint,
      benefits text[] not null default '{}',
      read_seq bigint not null,
      first_seen_at timestamptz not null default now(),
      changed_at timestamptz not null default now(),
      gone_at timestamptz,
      unique (campaign_id, patreon_id)
    );
    create index patreon_tiers_amount_idx on patreon_tiers (amount_cents, id);
    -- No title counts as an empty value, be it null or '': it stands last in either direction.
    create index patreon_tiers_title_idx on patreon_tiers ((nullif(title, '') collate "und-x-icu"), id);
    create index patreon_tiers_members_idx on patreon_tiers (patron_count, id);

    create table patreon_benefits (
      id integer generated always as identity primary key,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      patreon_id text not null,
      app_external_id text,
      app_meta jsonb,
      benefit_type text,
      created_at timestamptz,
      deliverables_due_today_count bigint,
      delivered_deliverables_count bigint,
      description text,
      is_deleted boolean,
      is_ended boolean,
      is_published boolean,
      next_deliverable_due_date timestamptz,
      not_delivered_deliverables_count bigint,
      rule_type text,
      tiers_count bigint,
      title text,
      read_seq bigint not null,
      first_seen_at timestamptz not null default now(),
      changed_at timestamptz not null default now(),
      gone_at timestamptz,
      unique (campaign_id, patreon_id)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table patreon_benefits, patreon_tiers, patreon_campaigns;
    drop sequence patreon_read_seq;
  `);
}
