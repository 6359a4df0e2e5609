import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Each finds what a filter of the list asks for and few members have; what most have is met by walking along an order.
    -- Half of all members are worth nothing a month, and nearly everybody pays monthly and with success.
    create index patreon_members_monthly_idx on patreon_members
      (monthly_cents, id, kind, campaign_id) where gone_at is null and monthly_cents > 0;
    create index patreon_members_changed_idx on patreon_members
      (changed_at, id, kind, campaign_id) where gone_at is null;
    create index patreon_members_discord_idx on patreon_members (discord_user_id) where discord_user_id is not null;
    create index patreon_members_no_email_idx on patreon_members (id) where gone_at is null and coalesce(email, '') = '';
    create index patreon_members_cadence_idx on patreon_members
      (pledge_cadence, id) where gone_at is null and pledge_cadence <> 1;
    create index patreon_members_charge_idx on patreon_members
      (last_charge_status, id) where gone_at is null and last_charge_status <> 'Paid';
    create index member_follow_ups_due_idx on member_follow_ups (due_on) where due_on is not null;

    -- How many members each tier has, kept up to date by the statement that writes them: which kinds a tier's members are
    -- of tells where in an order they stand.
    create table patreon_member_tier_counts (
      campaign_id integer not null references patreon_campaigns on delete cascade,
      tier_patreon_id text not null,
      kind text not null,
      patron_status text not null,        -- 'none' stands for null
      gone boolean not null,
      members bigint not null,
      primary key (campaign_id, tier_patreon_id, kind, patron_status, gone)
    );

    insert into patreon_member_tier_counts
    select campaign_id, tier, kind, coalesce(patron_status, 'none'), gone_at is not null, count(*)
      from patreon_members, lateral (select distinct unnest(currently_entitled_tiers) as tier) t
     group by 1, 2, 3, 4, 5;

    create function patreon_member_tier_counts_apply() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' then
        insert into patreon_member_tier_counts as c
        select campaign_id, tier, kind, coalesce(patron_status, 'none'), gone_at is not null, count(*)
          from new_rows, lateral (select distinct unnest(currently_entitled_tiers) as tier) t
         group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
        on conflict (campaign_id, tier_patreon_id, kind, patron_status, gone) do update
          set members = c.members + excluded.members;
      elsif tg_op = 'DELETE' then
        update patreon_member_tier_counts c set members = c.members - d.members
          from (select campaign_id, tier, kind, coalesce(patron_status, 'none') as patron_status,
                       gone_at is not null as gone, count(*) as members
                  from old_rows, lateral (select distinct unnest(currently_entitled_tiers) as tier) t
                 group by 1, 2, 3, 4, 5) d
         where (c.campaign_id, c.tier_patreon_id, c.kind, c.patron_status, c.gone)
             = (d.campaign_id, d.tier, d.kind, d.patron_status, d.gone);
      else
        insert into patreon_member_tier_counts as c
        select campaign_id, tier, kind, patron_status, gone, sum(members)
          from (select campaign_id, currently_entitled_tiers, kind, coalesce(patron_status, 'none') as patron_status,
                       gone_at is not null as gone, 1 as members from new_rows
                union all
                select campaign_id, currently_entitled_tiers, kind, coalesce(patron_status, 'none'),
                       gone_at is not null, -1 from old_rows) moved,
               lateral (select distinct unnest(currently_entitled_tiers) as tier) t
         group by 1, 2, 3, 4, 5 having sum(members) <> 0 order by 1, 2, 3, 4, 5
        on conflict (campaign_id, tier_patreon_id, kind, patron_status, gone) do update
          set members = c.members + excluded.members;
      end if;
      return null;
    end $$;

    create trigger patreon_members_tier_count_insert after insert on patreon_members
      referencing new table as new_rows for each statement execute function patreon_member_tier_counts_apply();
    create trigger patreon_members_tier_count_update after update on patreon_members
      referencing old table as old_rows new table as new_rows
      for each statement execute function patreon_member_tier_counts_apply();
    create trigger patreon_members_tier_count_delete after delete on patreon_members
      referencing old table as old_rows for each statement execute function patreon_member_tier_counts_apply();
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger patreon_members_tier_count_insert on patreon_members;
    drop trigger patreon_members_tier_count_update on patreon_members;
    drop trigger patreon_members_tier_count_delete on patreon_members;
    drop function patreon_member_tier_counts_apply();
    drop table patreon_member_tier_counts;
    drop index patreon_members_monthly_idx, patreon_members_changed_idx, patreon_members_discord_idx,
      patreon_members_no_email_idx, patreon_members_cadence_idx, patreon_members_charge_idx, member_follow_ups_due_idx;
  `);
}
