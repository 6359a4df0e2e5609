import type { Knex } from 'knex';

/** The mirrored tables whose changes are kept: what a row of theirs is called, and the column that names its campaign. */
const MIRRORED = [
  ['patreon_campaigns', 'campaign', 'id'],
  ['patreon_tiers', 'tier', 'campaign_id'],
  ['patreon_members', 'member', 'campaign_id'],
  ['patreon_posts', 'post', 'campaign_id'],
] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What happened to each mirrored row: one row per changed field, none for what our own bookkeeping changes.
    -- One index only: a first sync of a million members inserts a million rows here as well.
    create table patreon_changes (
      id bigint generated always as identity,
      campaign_id integer not null,
      resource text not null check (resource in ('campaign', 'tier', 'member', 'post')),
      record_id bigint not null,          -- the row's own id in its table
      kind text not null check (kind in ('created', 'changed', 'gone', 'returned')),
      field text,
      before jsonb,                       -- of gone and returned: gone_at
      after jsonb,
      read_seq bigint not null,
      run_id integer,
      staff_id integer,                   -- who asked for the read, where somebody did
      event_id bigint,
      changed_at timestamptz not null default now(),
      check ((kind = 'changed') = (field is not null)),
      primary key (campaign_id, resource, record_id, id)
    );

    -- Rows that were mirrored before have no 'created' row: what happened to them until now was not kept.
    insert into settings (key, value) values ('changes_recorded_since', to_jsonb(now()))
      on conflict (key) do nothing;

    -- Takes what the row is called and the column that names its campaign. Statements are planned anew each time: a plan
    -- made for a page of rows would be ruinous for a hundred thousand, and the other way round. Times become text in UTC.
    create function patreon_changes_record() returns trigger language plpgsql set timezone = 'UTC' as $$
    declare
      resource constant text := tg_argv[0];
      campaign_column constant text := tg_argv[1];
      run_id constant integer := nullif(current_setting('patrondesk.run_id', true), '')::integer;
      staff_id constant integer := nullif(current_setting('patrondesk.staff_id', true), '')::integer;
      event_id constant bigint := nullif(current_setting('patrondesk.event_id', true), '')::bigint;
      -- Not now(): of two transactions the one that waited for the other's row began before it, and is the later one.
      at constant timestamptz := clock_timestamp();
      bookkeeping constant text[] :=
        '{id,campaign_id,patreon_id,credential_id,read_seq,first_seen_at,changed_at,gone_at,digest}';
      -- Their token renews itself; what follows the question mark says nothing about the picture.
      pictures constant text[] :=
        '{image_url,image_small_url,rss_artwork_url,creator_image_url,user_image_url,user_thumb_url}';
      comparisons text;
    begin
      if not exists (select from new_rows) then return null; end if;
      if tg_op = 'INSERT' then
        execute format($sql$
          insert into patreon_changes
                 (campaign_id, resource, record_id, kind, read_seq, run_id, staff_id, event_id, changed_at)
          select %I, $1, id, 'created', read_seq, $2, $3, $4, $5 from new_rows
        $sql$, campaign_column) using resource, run_id, staff_id, event_id, at;
        return null;
      end if;
      -- Columns are compared as what they are and only those that differ become JSON: comparing whole rows as JSON takes
      -- four times as long.
      select string_agg(format(
               'select ''changed'', %1$L, to_jsonb(o.%1$I), to_jsonb(n.%1$I) where %2$s is distinct from %3$s',
               attname, format(compared, 'o', attname), format(compared, 'n', attname)), ' union all ' order by attnum)
        into comparisons
        from pg_attribute,
             lateral (select case when attname = any (pictures) then 'split_part(%s.%I, ''\\?'', 1)' else '%s.%I' end) c (compared)
       where attrelid = tg_relid and attnum > 0 and not attisdropped and attname <> all (bookkeeping);
      execute format($sql$
        insert into patreon_changes
               (campaign_id, resource, record_id, kind, field, before, after, read_seq, run_id, staff_id, event_id, changed_at)
        select n.%I, $1, n.id, c.kind, c.field, c.before, c.after, n.read_seq, $2, $3, $4, $5
          from old_rows o join new_rows n on n.id = o.id,
               lateral (
                 select case when n.gone_at is null then 'returned' else 'gone' end as kind, null as field,
                        to_jsonb(o.gone_at) as before, to_jsonb(n.gone_at) as after
                  where (o.gone_at is null) <> (n.gone_at is null)
                 union all %s
               ) c
      $sql$, campaign_column, comparisons) using resource, run_id, staff_id, event_id, at;
      return null;
    end $$;

    -- Who is erased leaves no changes behind. Found row by row through the key: while the statistics of a first sync are
    -- young, a join would read every change once for each erased row.
    create function patreon_changes_erase() returns trigger language plpgsql as $$
    begin
      execute format($sql$
        delete from patreon_changes where ctid = any (array(
          select c.place from old_rows o, lateral (
            select ctid as place from patreon_changes
             where campaign_id = o.%I and resource = $1 and record_id = o.id offset 0) c))
      $sql$, tg_argv[1]) using tg_argv[0];
      return null;
    end $$;

    -- Deletes come from the trigger above alone, never from a statement of somebody's own.
    create function patreon_changes_are_append_only() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and pg_trigger_depth() > 1 then return null; end if;
      raise exception 'changes are append-only';
    end $$;
    create trigger patreon_changes_append_only before update or delete or truncate on patreon_changes
      for each statement execute function patreon_changes_are_append_only();
  `);
  for (const [table, resource, campaignColumn] of MIRRORED) {
    const named = `(${resource}, ${campaignColumn})`;
    await knex.raw(`
      create trigger ${table}_change_insert after insert on ${table}
        referencing new table as new_rows for each statement execute function patreon_changes_record${named};
      create trigger ${table}_change_update after update on ${table}
        referencing old table as old_rows new table as new_rows
        for each statement execute function patreon_changes_record${named};
      create trigger ${table}_change_delete after delete on ${table}
        referencing old table as old_rows for each statement execute function patreon_changes_erase${named};
    `);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const [table] of MIRRORED) {
    await knex.raw(`
      drop trigger ${table}_change_insert on ${table};
      drop trigger ${table}_change_update on ${table};
      drop trigger ${table}_change_delete on ${table};
    `);
  }
  await knex.raw(`
    drop table patreon_changes;
    drop function patreon_changes_record(), patreon_changes_erase(), patreon_changes_are_append_only();
    delete from settings where key = 'changes_recorded_since';
  `);
}
