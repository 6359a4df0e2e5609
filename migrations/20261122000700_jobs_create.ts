import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table job_runs (
      id bigint generated always as identity primary key,
      name text not null,
      arguments jsonb not null default '{}',
      trigger text not null check (trigger in ('schedule', 'panel', 'cli', 'job')),
      state text not null default 'running' check (state in ('running', 'succeeded', 'failed')),
      attempt integer not null default 1,
      summary jsonb,
      error text,
      started_at timestamptz not null default now(),
      finished_at timestamptz
    );
    create index job_runs_name_idx on job_runs (name, id);

    -- One row per schedule and minute: however many processes tick, one of them inserts it and enqueues the job.
    create table schedule_ticks (
      name text not null,
      scheduled_for timestamptz not null,
      primary key (name, scheduled_for)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table schedule_ticks, job_runs');
}
