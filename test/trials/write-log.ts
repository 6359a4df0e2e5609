import type { Knex } from 'knex';

const WATCHED = [
  'patreon_campaigns',
  'patreon_tiers',
  'patreon_members',
  'patreon_posts',
  'pledge_events',
  'sync_staged_records',
  'sync_run_resources',
];
const MIRROR = WATCHED.slice(0, 5);

/** Connections of those who may be fenced off carry a name that begins so. */
export const RUNNER = 'runner';

/**
 * Makes a trial's database write down, apart from what the engine knows, who wrote what in which order: each statement
 * that touched a row, each claim and each end of a run, by the name of the connection; and how each member was born.
 */
export async function installWriteLog(knex: Knex): Promise<void> {
  await knex.raw(`
    create unlogged table trial_writes (
      id bigint generated always as identity primary key, writer text, run_id integer, what text, rows integer);
    create unlogged table trial_births (resource text, record_id bigint, row jsonb);
    create function trial_note() returns trigger language plpgsql as $$
    declare
      n integer;
    begin
      if tg_op = 'DELETE' then select count(*) into n from old_rows; else select count(*) into n from new_rows; end if;
      if n > 0 then
        insert into trial_writes (writer, run_id, what, rows)
        values (current_setting('application_name'),
                nullif(current_setting('patrondesk.run_id', true), '')::integer, tg_table_name, n);
      end if;
      return null;
    end $$;
    create function trial_note_run() returns trigger language plpgsql as $$
    begin
      -- A run that supersedes a held one writes that run's state in its own name.
      insert into trial_writes (writer, run_id, what, rows)
      values (current_setting('application_name'),
              case when new.decision = 'superseded' then nullif(current_setting('patrondesk.run_id', true), '')::integer
                   else new.id end,
              case when new.epoch > old.epoch then 'claim' when new.state <> old.state then 'state' end, 1);
      return null;
    end $$;
    create function trial_note_birth() returns trigger language plpgsql set timezone = 'UTC' as $$
    begin
      insert into trial_births select tg_argv[0], id, to_jsonb(n) from new_rows n;
      return null;
    end $$;
    create trigger trial_note_run after update on sync_runs for each row
      when (new.epoch > old.epoch or new.state <> old.state) execute function trial_note_run();
    create trigger trial_birth after insert on patreon_members referencing new table as new_rows
      for each statement execute function trial_note_birth('member');
    create trigger trial_birth after insert on patreon_posts referencing new table as new_rows
      for each statement execute function trial_note_birth('post');
    create trigger trial_birth after insert on patreon_tiers referencing new table as new_rows
      for each statement execute function trial_note_birth('tier');
  `);
  for (const table of WATCHED) {
    await knex.raw(`
      create trigger trial_insert after insert on ${table} referencing new table as new_rows
        for each statement execute function trial_note();
      create trigger trial_update after update on ${table} referencing new table as new_rows
        for each statement execute function trial_note();
      create trigger trial_delete after delete on ${table} referencing old table as old_rows
        for each statement execute function trial_note();
    `);
  }
}

export async function emptyWriteLog(knex: Knex): Promise<void> {
  await knex('trial_writes').delete();
  await knex('trial_births').delete();
}

interface Entry {
  id: number;
  writer: string;
  run_id: number | null;
  what: string;
  rows: number;
}

/** Writes of runners that somebody else had taken the run from. */
export async function zombieWrites(knex: Knex): Promise<string[]> {
  const entries: Entry[] = await knex('trial_writes').orderBy('id');
  const owners = new Map<number, string>();
  const zombies: string[] = [];
  for (const { id, writer, run_id: runId, what } of entries) {
    if (!writer.startsWith(RUNNER) || runId === null) continue;
    if (what === 'claim') owners.set(runId, writer);
    else if (owners.get(runId) !== writer)
      zombies.push(`zombie write: ${writer} wrote ${what} of run ${runId}, which ${owners.get(runId)} holds (${id})`);
  }
  return zombies;
}

/** The newest entry, to ask later what was written since. */
export async function writeMark(knex: Knex): Promise<number> {
  return Number((await knex('trial_writes').max('id as id').first())?.id ?? 0);
}

/** Rows of the mirror that were written since. */
export async function mirrorWritesSince(knex: Knex, mark: number): Promise<string[]> {
  const rows: { what: string; rows: number }[] = await knex('trial_writes')
    .where('id', '>', mark)
    .whereIn('what', MIRROR)
    .groupBy('what')
    .select('what')
    .sum({ rows: 'rows' });
  return rows.map(({ what, rows: n }) => `${n} rows of ${what} were written though nothing had changed`);
}
