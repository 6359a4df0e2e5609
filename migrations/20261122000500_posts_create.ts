import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table patreon_posts (
      id bigint generated always as identity primary key,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      patreon_id text not null,
      app_id bigint,
      app_status text,
      content text,                       -- Patreon's HTML as it came; sanitised when shown
      embed_data jsonb,
      embed_url text,
      is_paid boolean,
      is_public boolean,
      published_at timestamptz,
      tiers text[],                       -- Patreon's tier ids; null and empty are different answers
      title text,
      url text,
      user_patreon_id text,
      read_seq bigint not null,
      first_seen_at timestamptz not null default now(),
      changed_at timestamptz not null default now(),
      gone_at timestamptz,
      unique (campaign_id, patreon_id)
    );
    create index patreon_posts_published_idx on patreon_posts (published_at, id) where gone_at is null;
    create index patreon_posts_title_idx on patreon_posts ((nullif(title, '') collate "und-x-icu"), id) where gone_at is null;
    -- The few posts of one campaign among many, in their default order.
    create index patreon_posts_campaign_idx on patreon_posts (campaign_id, published_at, id) where gone_at is null;
    create index patreon_posts_gone_idx on patreon_posts (published_at, id) where gone_at is not null;
    create index patreon_posts_search_idx on patreon_posts using gin (title gin_trgm_ops);
    create index patreon_posts_tiers_idx on patreon_posts using gin (tiers);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table patreon_posts');
}
