import type { Knex } from 'knex';

const CAMPAIGNS = 20;
const TIERS_PER_CAMPAIGN = 5;
const BATCH = 50_000;
const FILLED = [
  'patreon_members',
  'patreon_campaigns',
  'patreon_tiers',
  'patreon_member_counts',
  'labels',
  'member_labels',
  'member_follow_ups',
  'member_addresses',
];

/**
 * Fills an empty, migrated database with members in believable proportions: campaigns of very different sizes, half of
 * the people owing nothing, a few hidden, names that many share. The same call gives the same rows.
 */
export async function insertMemberPopulation(knex: Knex, rows: number): Promise<void> {
  await knex.raw(CAMPAIGN_SQL, [CAMPAIGNS]);
  await knex.raw(TIER_SQL, [TIERS_PER_CAMPAIGN]);
  for (let from = 1; from <= rows; from += BATCH) {
    await knex.raw(MEMBER_SQL, {
      from,
      to: Math.min(rows, from + BATCH - 1),
      campaigns: CAMPAIGNS,
      tiers: TIERS_PER_CAMPAIGN,
    });
  }
  await knex.raw(WORKBENCH_SQL);
  for (const table of FILLED) await knex.raw('vacuum (analyze) ??', [table]);
}

const CAMPAIGN_SQL = `
  insert into patreon_campaigns (patreon_id, name, currency, read_seq)
  select (9000000 + i)::text, 'Campaign ' || i, (array['USD', 'EUR', 'GBP', 'JPY'])[1 + i % 4], 1
    from generate_series(1, ?::int) i`;

const TIER_SQL = `
  insert into patreon_tiers (campaign_id, patreon_id, title, amount_cents, read_seq)
  select c.id, (c.id * 100 + t)::text, 'Tier ' || t, t * 500, 1
    from patreon_campaigns c, generate_series(0, ?::int - 1) t`;

// Each throw is a hash of the row's number, so that columns are independent of one another and of the order of rows.
const MEMBER_SQL = `
  with people as (
    select i,
      -- The square makes the first campaigns much larger than the last.
      1 + floor(:campaigns::int * power((hashint4(i) & 65535) / 65536.0, 2))::int as campaign_id,
      hashint4(i + 7) & 1023 as kind_throw,
      hashint4(i + 31) & 1023 as amount_throw,
      hashint4(i + 113) & 4095 as day,
      (array['Ada','Basil','Calla','Dagny','Elif','Farid','Greta','Hugo','Imani','Jun','Kaya','Lars','Mina','Noor','Odette',
        'Priya','Quentin','Rosa','Samir','Thandi','Uma','Viggo','Willa','Xenia','Yara','Zelda'])[1 + (hashint4(i + 211) & 65535) % 26] as first,
      (array['Abernathy','Brandt','Carrow','Delacroix','Ekholm','Fenwick','Galloway','Hargreave','Ibarra','Jansma','Kessler',
        'Lindqvist','Marlowe','Nakagawa','Okafor','Pemberton','Quigley','Rasmussen','Sato','Thackeray','Underhill',
        'Vandermeer','Whitlock','Yarrow','Zielinski'])[1 + (hashint4(i + 307) & 65535) % 25] as last
    from generate_series(:from::int, :to::int) i
  ), kinds as (
    select *, case when kind_throw < 400 then 'free' when kind_throw < 790 then 'paying' when kind_throw < 960 then 'former'
      when kind_throw < 990 then 'declined' when kind_throw < 1005 then 'pending' when kind_throw < 1015 then 'gift'
      when kind_throw < 1022 then 'trial' else 'unknown' end as kind from people
  )
  insert into patreon_members (
    campaign_id, patreon_id, full_name, email, patron_status, last_charge_status, last_charge_date, next_charge_date,
    pledge_relationship_start, pledge_cadence, currently_entitled_amount_cents, will_pay_amount_cents,
    campaign_lifetime_support_cents, lifetime_support_cents, is_follower, is_free_trial, is_gifted, note,
    currently_entitled_tiers, user_patreon_id, user_full_name, user_created, user_image_url, user_thumb_url, user_url,
    user_social_connections, discord_user_id, kind, monthly_cents, read_seq, changed_at)
  select campaign_id, md5(i::text)::uuid::text,
    case when i % 97 = 0 then null when i % 101 = 0 then '' else first || ' ' || last || case when i % 3 = 0 then ' ' || i else '' end end,
    case when i % 50 = 0 then null else lower(first || '.' || last) || i || '@example.' || (array['com','org','net'])[1 + i % 3] end,
    case kind when 'free' then null when 'former' then 'former_patron' when 'declined' then 'declined_patron'
      when 'unknown' then 'paused_patron' else 'active_patron' end,
    case kind when 'free' then null when 'gift' then null when 'trial' then 'Free Trial' when 'pending' then 'Pending'
      when 'declined' then 'Declined' else 'Paid' end,
    case when kind in ('free', 'gift', 'trial') then null else '2026-11-01'::timestamptz - make_interval(days => day % 60, secs => i % 86400) end,
    case when kind in ('paying', 'pending', 'declined') then '2026-12-01'::timestamptz + make_interval(days => day % 31) end,
    '2026-11-20'::timestamptz - make_interval(days => day, secs => i % 86400),
    case when kind in ('free', 'gift') then null when amount_throw < 100 then 12 else 1 end,
    case when kind in ('paying', 'declined', 'trial') then 100 * (1 + amount_throw % 60) else 0 end,
    case when kind = 'paying' then 100 * (1 + amount_throw % 60) else 0 end,
    case when kind in ('free', 'gift', 'trial') then 0 else 100 * (1 + amount_throw % 60) * (1 + day % 48) end,
    case when kind in ('free', 'gift', 'trial') then 0 else 100 * (1 + amount_throw % 60) * (1 + day % 48) end,
    false, kind = 'trial', kind = 'gift', case when i % 20 = 0 then 'Sends postcards.' end,
    case when kind in ('paying', 'gift', 'trial') then array[(campaign_id * 100 + 1 + amount_throw % (:tiers::int - 1))::text]
      when kind = 'free' and i % 4 > 0 then array[(campaign_id * 100)::text] else '{}' end,
    (50000000 + i)::text, first || ' ' || last, '2018-01-01'::timestamptz + make_interval(days => day % 2000),
    'https://c8.patreon.com/3/200/' || (50000000 + i), 'https://c8.patreon.com/3/200/' || (50000000 + i),
    'https://www.patreon.com/user\\?u=' || (50000000 + i), '{"discord": null, "twitch": null, "youtube": null}',
    case when i % 9 = 0 then (700000000000000000 + i::bigint)::text end,
    kind, case when kind = 'paying' then 100 * (1 + amount_throw % 60) else 0 end, 1,
    '2026-11-22'::timestamptz - make_interval(days => (hashint4(i + 401) & 4095) % 400, secs => i % 86400)
  from kinds`;

/** What staff add: a rare label and one that a fifth of all carry, follow-ups of one in a thousand, some addresses. */
const WORKBENCH_SQL = `
  insert into labels (name) values ('Rare'), ('Common');
  insert into member_labels (label_id, member_id)
  select l.id, m.id from labels l join patreon_members m
      on case l.name when 'Rare' then m.id % 5000 = 0 else m.id % 5 = 0 end;
  insert into member_follow_ups (member_id, due_on)
  select id, '2026-11-01'::date + (id % 40)::int from patreon_members where id % 1000 = 0;
  insert into member_addresses (member_id, campaign_id, patreon_id, address, address_digest, read_seq)
  select id, campaign_id, patreon_id, '', '', 1 from patreon_members where id % 30 = 0`;
