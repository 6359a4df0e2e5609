import type { Knex } from 'knex';

/** No title counts as an empty value, be it null or '': it stands last in either direction. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index patreon_posts_title_idx, patreon_tiers_title_idx;
    create index patreon_posts_title_idx on patreon_posts ((nullif(title, '') collate "und-x-icu"), id) where gone_at is null;
    create index patreon_tiers_title_idx on patreon_tiers ((nullif(title, '') collate "und-x-icu"), id);
    -- The few posts of one campaign among many, in their default order.
    create index patreon_posts_campaign_idx on patreon_posts (campaign_id, published_at, id) where gone_at is null;
    create index patreon_posts_gone_idx on patreon_posts (published_at, id) where gone_at is not null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index patreon_posts_campaign_idx, patreon_posts_gone_idx, patreon_posts_title_idx, patreon_tiers_title_idx;
    create index patreon_posts_title_idx on patreon_posts (title collate "und-x-icu", id) where gone_at is null;
    create index patreon_tiers_title_idx on patreon_tiers (title collate "und-x-icu", id);
  `);
}
