import type { Knex } from 'knex';
import type { Context } from '../../context';

const DAY = 86_400_000;
/** Days of movements that are counted anew each time: what is learnt late still lands on its day. */
const RECOUNTED_DAYS = 92;
const CHARGE_DAYS = 31;
/** Enough to meet the run that ended last, whatever order runs end in. */
const RECENT_RUNS = 100;
const STATE_KEY = 'member_figures';

/** The ISO date, in UTC, that lies so many days after a moment. */
export function dayAt(moment: Date, offset = 0): string {
  return new Date(moment.getTime() + offset * DAY).toISOString().slice(0, 10);
}

const startOf = (day: string) => `${day}T00:00:00Z`;

/** When the figures were last counted; undefined before the first time. */
export async function figuresCountedAt(knex: Knex): Promise<string | undefined> {
  const row = await knex('settings').where({ key: STATE_KEY }).first<{ value: string }>('value');
  return row?.value;
}

/**
 * Counts the figures of today if a day has begun or a run has ended since the last count. Counting again changes nothing
 * but the moment: each table holds one row for a day.
 */
export async function countDueFigures(context: Context): Promise<{ counted: boolean }> {
  if (!(await isDue(context))) return { counted: false };
  await countFigures(context);
  return { counted: true };
}

async function isDue({ knex, clock }: Context): Promise<boolean> {
  const countedAt = await figuresCountedAt(knex);
  if (countedAt === undefined || countedAt.slice(0, 10) !== dayAt(clock.now())) return true;
  const recent = knex('sync_runs').select('finished_at').orderBy('id', 'desc').limit(RECENT_RUNS).as('recent');
  return (await knex.from(recent).where('finished_at', '>=', countedAt).first('finished_at')) !== undefined;
}

export async function countFigures({ knex, clock }: Pick<Context, 'knex' | 'clock'>): Promise<void> {
  const now = clock.now();
  await knex.transaction(async (trx) => {
    // The row is also the lock: of two counts one waits for the other.
    await trx.raw(
      `insert into settings (key, value) values (?, to_jsonb(?::text))
       on conflict (key) do update set value = excluded.value, updated_at = now()`,
      [STATE_KEY, now.toISOString()],
    );
    await trx.raw(FIGURES_SQL, { today: dayAt(now) });
    const since = dayAt(now, 1 - RECOUNTED_DAYS);
    await trx('daily_member_movements').where('day', '>=', since).delete();
    await trx.raw(MOVEMENTS_SQL, { since: startOf(since), until: startOf(dayAt(now, 1)) });
    await trx('expected_charges').delete();
    await trx.raw(CHARGES_SQL, { from: startOf(dayAt(now)), until: startOf(dayAt(now, CHARGE_DAYS)) });
  });
}

const FIGURES_SQL = `
  insert into daily_member_figures (day, campaign_id, kind, members, monthly_cents, at_risk_cents)
  select :today::date, n.campaign_id, n.kind, sum(n.members), sum(n.monthly_cents),
         case when n.kind = 'declined' then coalesce((
           select sum(round(greatest(m.will_pay_amount_cents, m.currently_entitled_amount_cents, 0)::numeric
                            / greatest(m.pledge_cadence, 1)))
             from patreon_members m
            where m.campaign_id = n.campaign_id and m.kind = 'declined' and m.gone_at is null), 0) else 0 end
    from patreon_member_counts n where not n.gone group by n.campaign_id, n.kind
  on conflict (day, campaign_id, kind) do update
    set members = excluded.members, monthly_cents = excluded.monthly_cents, at_risk_cents = excluded.at_risk_cents`;

// Who became former and later vanished has left once.
const MOVEMENTS_SQL = `
  insert into daily_member_movements (day, campaign_id, joined, departed)
  select day, campaign_id, sum(joined), sum(departed) from (
    select (pledge_relationship_start at time zone 'UTC')::date as day, campaign_id, count(*) as joined, 0 as departed
      from patreon_members
     where gone_at is null and pledge_relationship_start >= :since and pledge_relationship_start < :until
     group by 1, 2
    union all
    select (c.changed_at at time zone 'UTC')::date, c.campaign_id, 0, count(distinct c.record_id)
      from patreon_changes c
     where c.resource = 'member' and (c.kind = 'gone' or (c.field = 'kind' and c.after = '"former"'))
       and c.changed_at >= :since
       and (c.kind <> 'gone' or exists (select from patreon_members m where m.id = c.record_id and m.kind <> 'former'))
     group by 1, 2
  ) as moved group by 1, 2`;

const CHARGES_SQL = `
  insert into expected_charges (day, campaign_id, members, cents)
  select (next_charge_date at time zone 'UTC')::date, campaign_id, count(*),
         coalesce(sum(coalesce(will_pay_amount_cents, currently_entitled_amount_cents)), 0)
    from patreon_members
   where gone_at is null and next_charge_date >= :from and next_charge_date < :until
   group by 1, 2`;
