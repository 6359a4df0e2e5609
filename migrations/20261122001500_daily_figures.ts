import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What there was at the end of a day (UTC), for today so far. The day leads the key: charts read days of all campaigns.
    create table daily_member_figures (
      day date not null,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      kind text not null,
      members bigint not null,
      monthly_cents numeric not null,
      at_risk_cents numeric not null,     -- a month, of declined members: what they would pay if the charge went through
      primary key (day, campaign_id, kind)
    );
    create index daily_member_figures_campaign_idx on daily_member_figures (campaign_id, day);

    -- Who came and who went on a day (UTC).
    create table daily_member_movements (
      day date not null,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      joined bigint not null,
      departed bigint not null,
      primary key (day, campaign_id)
    );
    create index daily_member_movements_campaign_idx on daily_member_movements (campaign_id, day);

    -- The charges that Patreon has announced for the days ahead, as of the last count.
    create table expected_charges (
      day date not null,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      members bigint not null,
      cents numeric not null,
      primary key (day, campaign_id)
    );
    create index expected_charges_campaign_idx on expected_charges (campaign_id);

    -- The newest changes of all records. A first sync writes 'created' rows alone, so this costs it nothing.
    create index patreon_changes_newest_idx on patreon_changes (id) where kind <> 'created';
    create index patreon_changes_departed_idx on patreon_changes (changed_at, campaign_id, record_id)
      where resource = 'member' and (kind = 'gone' or (field = 'kind' and after = '"former"'));
    create index patreon_changes_newest_departed_idx on patreon_changes (id)
      where resource = 'member' and (kind = 'gone' or (field = 'kind' and after = '"former"'));
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index patreon_changes_newest_departed_idx, patreon_changes_departed_idx, patreon_changes_newest_idx;
    drop table expected_charges, daily_member_movements, daily_member_figures;
    delete from settings where key = 'member_figures';
  `);
}
