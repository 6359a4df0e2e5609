import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table patreon_members add column user_is_email_verified boolean;
    -- One row for each member and event: nobody promises that an event's id belongs to one member alone.
    alter table pledge_events drop constraint pledge_events_pkey;
    alter table pledge_events add primary key (campaign_id, member_id, patreon_id);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    delete from pledge_events e using pledge_events other
     where (e.campaign_id, e.patreon_id) = (other.campaign_id, other.patreon_id) and e.member_id > other.member_id;
    alter table pledge_events drop constraint pledge_events_pkey;
    alter table pledge_events add primary key (campaign_id, patreon_id);
    alter table patreon_members drop column user_is_email_verified;
  `);
}
