import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What staff want to be different on Patreon: one row per tier or campaign and errand, with its fields below it.
    create table planned_changes (
      id bigint generated always as identity primary key,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      resource text not null check (resource in ('tier', 'campaign')),
      action text not null check (action in ('create', 'edit', 'delete')),
      tier_id integer references patreon_tiers on delete cascade,  -- null for a campaign, and for a tier that is not there yet
      known_tier_id integer not null default 0,                    -- a tier that is to come has a higher id than this
      state text not null default 'open' check (state in ('open', 'applied', 'conflict', 'discarded')),
      needs_answer boolean not null default false,                 -- tiers have come that may be the planned one
      reason text not null default '' check (length(reason) <= 1000),
      due_on date,                                                 -- by the calendar of the campaign's time zone
      created_by integer references staff on delete set null,
      created_at timestamptz not null default now(),
      changed_at timestamptz not null default now(),
      handed_off_by integer references staff on delete set null,
      handed_off_at timestamptz,                                   -- somebody has done it on Patreon
      settled_by integer references staff on delete set null,      -- nobody: a sync found it
      settled_at timestamptz,
      check (resource = 'tier' or (action = 'edit' and tier_id is null)),
      check (resource = 'campaign' or action = 'create' or tier_id is not null),
      check ((state in ('open', 'conflict')) = (settled_at is null))
    );
    -- Never two plans that could contradict each other. Also how plans are compared after each read.
    create unique index planned_changes_tier_idx on planned_changes (tier_id) where state in ('open', 'conflict');
    create unique index planned_changes_campaign_idx on planned_changes (campaign_id)
      where resource = 'campaign' and state in ('open', 'conflict');
    create index planned_changes_waiting_idx on planned_changes (campaign_id, id) where state in ('open', 'conflict');
    create index planned_changes_due_idx on planned_changes (due_on) where state in ('open', 'conflict');
    create index planned_changes_changed_idx on planned_changes (changed_at, id);
    create index planned_changes_state_idx on planned_changes (state, changed_at, id);
    create index planned_changes_campaign_changed_idx on planned_changes (campaign_id, changed_at, id);
    create index planned_changes_record_idx on planned_changes (tier_id, id);

    -- Each field of a plan has its own fate. Values are JSON, as in patreon_changes.
    create table planned_values (
      plan_id bigint not null references planned_changes on delete cascade,
      field text not null,
      base jsonb not null,      -- what Patreon said when it was planned
      wanted jsonb not null,
      theirs jsonb,             -- of a conflict: what Patreon says instead
      state text not null default 'open' check (state in ('open', 'applied', 'conflict', 'discarded')),
      settled_by integer references staff on delete set null,
      settled_at timestamptz,
      primary key (plan_id, field)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table planned_values, planned_changes');
}
