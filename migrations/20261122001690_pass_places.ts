import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Where a pass stands after a page is worth nothing without its sightings, so it is kept with them: writing it to the
    -- part for each page was a third of all that an unchanged sync wrote. The part counts the pages, durably, so that a
    -- crash of the database, which empties the sightings, is noticed.
    alter table sync_sighted_pages add column cursor text, add column pass jsonb;
    alter table sync_run_resources add column pass_pages integer not null default 0;
    -- The place of a pass that is under way was kept with the part, where it is no longer looked for: it begins anew.
    update sync_run_resources set pass = null where state = 'running';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table sync_sighted_pages drop column cursor, drop column pass;
    alter table sync_run_resources drop column pass_pages;
  `);
}
