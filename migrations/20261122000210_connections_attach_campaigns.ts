import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Which Patreon campaign is read through which credential. The key lets a campaign belong to one credential only,
    -- also for two connections that are made at the same moment.
    create table patreon_credential_campaigns (
      patreon_campaign_id text primary key,
      credential_id integer not null references patreon_credentials on delete cascade,
      name text
    );
    create index patreon_credential_campaigns_credential_idx on patreon_credential_campaigns (credential_id);

    -- No refresh is tried by itself before this moment: the token endpoint was unavailable.
    alter table patreon_credentials add column refresh_retry_at timestamptz;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table patreon_credentials drop column refresh_retry_at;
    drop table patreon_credential_campaigns;
  `);
}
