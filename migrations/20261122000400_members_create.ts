import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create extension if not exists pg_trgm;

    create table patreon_members (
      id bigint generated always as identity primary key,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      patreon_id text not null,
      campaign_lifetime_support_cents bigint,
      currently_entitled_amount_cents bigint,
      email text,
      full_name text,
      is_follower boolean,
      is_free_trial boolean,
      is_gifted boolean,
      last_charge_date timestamptz,
      last_charge_status text,
      lifetime_support_cents bigint,
      next_charge_date timestamptz,
      note text,
      patron_status text,
      pledge_cadence integer,
      pledge_relationship_start timestamptz,
      will_pay_amount_cents bigint,
      -- Patreon's tier ids. Not a link table: a member may name a tier that we have not read yet.
      currently_entitled_tiers text[] not null default '{}',
      user_patreon_id text,
      user_about text,
      user_can_see_nsfw boolean,
      user_created timestamptz,
      user_first_name text,
      user_full_name text,
      user_hide_pledges boolean,
      user_image_url text,
      user_is_creator boolean,
      user_is_email_verified boolean,
      user_last_name text,
      user_like_count bigint,
      user_social_connections jsonb,
      user_thumb_url text,
      user_url text,
      user_vanity text,
      discord_user_id text,
      kind text not null
        check (kind in ('gift', 'trial', 'declined', 'former', 'pending', 'paying', 'free', 'unknown')),
      monthly_cents bigint not null,
      read_seq bigint not null,
      first_seen_at timestamptz not null default now(),
      changed_at timestamptz not null default now(),
      gone_at timestamptz,
      unique (campaign_id, patreon_id)
    );

    -- One index for each sort on offer, in the order (value, id) of the keyset pages; lists hide gone rows. They carry what
    -- lists filter by: half of all members owe nothing, so the first paying one by amount lies half a table away, and only
    -- an index that knows the kind gets there without visiting the rows. No name counts as empty, be it null or ''.
    create index patreon_members_name_idx on patreon_members
      ((nullif(full_name, '') collate "und-x-icu"), id, kind, campaign_id) where gone_at is null;
    create index patreon_members_amount_idx on patreon_members
      (currently_entitled_amount_cents, id, kind, campaign_id) where gone_at is null;
    create index patreon_members_lifetime_idx on patreon_members
      (campaign_lifetime_support_cents, id, kind, campaign_id) where gone_at is null;
    create index patreon_members_joined_idx on patreon_members
      (pledge_relationship_start, id, kind, campaign_id) where gone_at is null;
    create index patreon_members_last_charge_idx on patreon_members
      (last_charge_date, id, kind, campaign_id) where gone_at is null;
    create index patreon_members_next_charge_idx on patreon_members
      (next_charge_date, id, kind, campaign_id) where gone_at is null;

    create index patreon_members_kind_idx on patreon_members (kind, id) where gone_at is null;
    create index patreon_members_status_idx on patreon_members (patron_status, id) where gone_at is null;
    create index patreon_members_gone_idx on patreon_members (id) where gone_at is not null;
    create index patreon_members_tiers_idx on patreon_members using gin (currently_entitled_tiers);
    create index patreon_members_search_idx on patreon_members
      using gin (full_name gin_trgm_ops, email gin_trgm_ops);
    create index patreon_members_user_idx on patreon_members (user_patreon_id);

    create table pledge_events (
      campaign_id integer not null,
      member_id bigint not null references patreon_members on delete cascade,
      patreon_id text not null,
      type text,
      date timestamptz,
      amount_cents bigint,
      currency_code text,
      payment_status text,
      pledge_payment_status text,
      tier_id text,                       -- Patreon's id; may name a deleted tier
      tier_title text,
      read_seq bigint not null,
      first_seen_at timestamptz not null default now(),
      -- Nobody promises that an event's id belongs to one member alone.
      primary key (campaign_id, member_id, patreon_id)
    );
    create index pledge_events_member_idx on pledge_events (member_id, date);

    create table member_addresses (
      member_id bigint primary key references patreon_members on delete cascade,
      campaign_id integer not null,
      patreon_id text not null,
      address text not null,              -- encrypted JSON of the attributes
      address_digest text not null,       -- keyed; tells a changed address without decrypting
      read_seq bigint not null,
      changed_at timestamptz not null default now()
    );

    -- Figures kept up to date by the statement that writes members, so that no page has to count them.
    create table patreon_member_counts (
      campaign_id integer not null references patreon_campaigns on delete cascade,
      kind text not null,
      patron_status text not null,        -- 'none' stands for null
      gone boolean not null,
      members bigint not null,
      monthly_cents numeric not null,     -- a sum of bigints may be larger than one
      primary key (campaign_id, kind, patron_status, gone)
    );

    create function patreon_member_counts_apply() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' then
        insert into patreon_member_counts as c
        select campaign_id, kind, coalesce(patron_status, 'none'), gone_at is not null, count(*), sum(monthly_cents)
          from new_rows group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (campaign_id, kind, patron_status, gone) do update
          set members = c.members + excluded.members, monthly_cents = c.monthly_cents + excluded.monthly_cents;
      elsif tg_op = 'DELETE' then
        update patreon_member_counts c
           set members = c.members - d.members, monthly_cents = c.monthly_cents - d.monthly_cents
          from (select campaign_id, kind, coalesce(patron_status, 'none') as patron_status, gone_at is not null as gone,
                       count(*) as members, sum(monthly_cents) as monthly_cents
                  from old_rows group by 1, 2, 3, 4) d
         where (c.campaign_id, c.kind, c.patron_status, c.gone) = (d.campaign_id, d.kind, d.patron_status, d.gone);
      else
        insert into patreon_member_counts as c
        select campaign_id, kind, patron_status, gone, sum(members), sum(monthly_cents)
          from (select campaign_id, kind, coalesce(patron_status, 'none') as patron_status, gone_at is not null as gone,
                       1 as members, monthly_cents from new_rows
                union all
                select campaign_id, kind, coalesce(patron_status, 'none'), gone_at is not null, -1, -monthly_cents
                  from old_rows) moved
         group by 1, 2, 3, 4 having sum(members) <> 0 or sum(monthly_cents) <> 0 order by 1, 2, 3, 4
        on conflict (campaign_id, kind, patron_status, gone) do update
          set members = c.members + excluded.members, monthly_cents = c.monthly_cents + excluded.monthly_cents;
      end if;
      return null;
    end $$;

    create trigger patreon_members_count_insert after insert on patreon_members
      referencing new table as new_rows for each statement execute function patreon_member_counts_apply();
    create trigger patreon_members_count_update after update on patreon_members
      referencing old table as old_rows new table as new_rows
      for each statement execute function patreon_member_counts_apply();
    create trigger patreon_members_count_delete after delete on patreon_members
      referencing old table as old_rows for each statement execute function patreon_member_counts_apply();
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table patreon_member_counts, member_addresses, pledge_events, patreon_members;
    drop function patreon_member_counts_apply();
  `);
}
