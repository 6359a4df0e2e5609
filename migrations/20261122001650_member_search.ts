import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw('create extension if not exists unaccent');
  const { rows } = await knex.raw(`
    select quote_ident(n.nspname) as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'unaccent'`);
  // Named with its schema: an index is also built where no search path is set, as when a dump is restored.
  const unaccent = `${rows[0].schema}.unaccent`;
  await knex.raw(`
    -- In small letters without accents. The extension's own function may not be part of an index, because its dictionary
    -- could be changed; ours is the one that comes with it.
    create function unaccented(value text) returns text language plpgsql immutable strict parallel safe as $$
    begin
      return lower(${unaccent}('${unaccent}'::regdictionary, value) collate "und-x-icu");
    end $$;

    -- One text instead of two: a name and its e-mail share most of their trigrams, so this is smaller and sooner read.
    drop index patreon_members_search_idx;
    create index patreon_members_search_idx on patreon_members
      using gin (unaccented(coalesce(full_name, '') || chr(10) || coalesce(email, '')) gin_trgm_ops);

    -- Sorts by what a membership is worth a month as well, so it holds also those who are worth nothing.
    drop index patreon_members_monthly_idx;
    create index patreon_members_monthly_idx on patreon_members
      (monthly_cents, id, kind, campaign_id) where gone_at is null;

    -- An undo that was stopped half-way may be begun again; only one goes on at a time.
    alter table member_batches drop constraint member_batches_reverts_key;
    create index member_batches_reverts_idx on member_batches (reverts, id) where reverts is not null;
    create unique index member_batches_reverting_idx on member_batches (reverts) where state in ('queued', 'running');

    -- Nothing is known about the new expression before.
    analyze patreon_members;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index member_batches_reverting_idx, member_batches_reverts_idx;
    delete from member_batches b using member_batches later where later.reverts = b.reverts and later.id > b.id;
    alter table member_batches add constraint member_batches_reverts_key unique (reverts);
    drop index patreon_members_monthly_idx;
    create index patreon_members_monthly_idx on patreon_members
      (monthly_cents, id, kind, campaign_id) where gone_at is null and monthly_cents > 0;
    drop index patreon_members_search_idx;
    create index patreon_members_search_idx on patreon_members using gin (full_name gin_trgm_ops, email gin_trgm_ops);
    drop function unaccented(text);
    drop extension unaccent;
  `);
}
