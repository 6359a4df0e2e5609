import type { Knex } from 'knex';
import { isSameValue } from './same-value';

type Row = Record<string, unknown>;
interface Truth {
  id: string;
  attributes: Row;
}
interface MemberTruth extends Truth {
  tiers: string[];
  user: Truth | null;
  pledge_events: Truth[];
}

export interface Difference {
  resource: string;
  patreonId: string;
  what: string;
}

const TABLES = {
  campaigns: 'patreon_campaigns',
  tiers: 'patreon_tiers',
  benefits: 'patreon_benefits',
  members: 'patreon_members',
  posts: 'patreon_posts',
} as const;
type Resource = keyof typeof TABLES;

export const describeDifference = ({ resource, patreonId, what }: Difference) => `${resource} ${patreonId}: ${what}`;

/** Everything in which the mirror is not what the sandbox holds, without asking the engine. */
export async function differencesFromTruth(knex: Knex, sandboxUrl: string): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const resource of Object.keys(TABLES) as Resource[]) {
    const truth = new Map((await truthOf<Truth>(sandboxUrl, resource)).map((one) => [one.id, one]));
    const rows: Row[] = await knex(TABLES[resource]).select('*');
    const events = resource === 'members' ? await eventsByMember(knex) : new Map<number, Row[]>();
    const note = (patreonId: string, what: string) => found.push({ resource, patreonId, what });
    for (const row of rows) {
      const id = row.patreon_id as string;
      const one = truth.get(id);
      truth.delete(id);
      const isGone = 'gone_at' in row && row.gone_at !== null;
      if (one === undefined) {
        if (!isGone) note(id, 'is live here and no longer there');
      } else if (isGone) note(id, 'is marked as gone and is there');
      else for (const what of differences(resource, row, one, events.get(row.id as number) ?? [])) note(id, what);
    }
    for (const id of truth.keys()) note(id, 'is there and not here');
  }
  return [...found, ...(await wrongCounts(knex))];
}

function* differences(resource: Resource, row: Row, truth: Truth, events: readonly Row[]): Generator<string> {
  yield* unequal(row, truth.attributes, '');
  if (resource !== 'members') return;
  const { tiers, user, pledge_events } = truth as MemberTruth;
  const here = row.currently_entitled_tiers as string[];
  if (!isSameValue(here.toSorted(), tiers.toSorted())) yield `entitled to ${here}, not ${tiers}`;
  if (row.user_patreon_id !== (user?.id ?? null)) yield `is ${row.user_patreon_id}, not ${user?.id}`;
  // A person's e-mail is told to the person alone.
  const { email: _email, ...known } = user?.attributes ?? {};
  yield* unequal(row, known, 'user_');
  const eventOf = new Map(events.map((event) => [event.patreon_id, event]));
  if (events.length !== pledge_events.length) yield `has ${events.length} pledge events, not ${pledge_events.length}`;
  for (const { id, attributes } of pledge_events) yield* unequal(eventOf.get(id) ?? {}, attributes, '', `event ${id} `);
}

function* unequal(row: Row, attributes: Row, prefix: string, told = ''): Generator<string> {
  for (const [name, value] of Object.entries(attributes)) {
    const here = row[prefix + name];
    if (!isSameValue(comparable(here), comparable(value)))
      yield `${told}${prefix}${name} is ${JSON.stringify(here)} here and ${JSON.stringify(value)} there`;
  }
}

/** Times are told with and without a fraction. */
const comparable = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/.test(value) ? Date.parse(value) : value;

async function eventsByMember(knex: Knex): Promise<Map<number, Row[]>> {
  const byMember = new Map<number, Row[]>();
  for (const event of (await knex('pledge_events').select('*')) as Row[]) {
    const id = event.member_id as number;
    byMember.set(id, [...(byMember.get(id) ?? []), event]);
  }
  return byMember;
}

/** The kept figures, where they are not what a count of the rows gives. */
async function wrongCounts(knex: Knex): Promise<Difference[]> {
  const { rows } = await knex.raw(`
    select * from (
      select campaign_id, kind, coalesce(patron_status, 'none') as patron_status, gone_at is not null as gone,
             count(*) as members, sum(monthly_cents) as monthly_cents
        from patreon_members group by 1, 2, 3, 4) as counted
      full join (select * from patreon_member_counts where members <> 0 or monthly_cents <> 0) as kept
      using (campaign_id, kind, patron_status, gone)
     where counted.members is distinct from kept.members
        or counted.monthly_cents is distinct from kept.monthly_cents`);
  return (rows as { kind: string; patron_status: string }[]).map((row) => ({
    resource: 'patreon_member_counts',
    patreonId: `${row.kind} ${row.patron_status}`,
    what: 'the kept figure is not the count of the rows',
  }));
}

async function truthOf<T>(sandboxUrl: string, resource: Resource): Promise<T[]> {
  const rows: T[] = [];
  for (;;) {
    const answer = await fetch(`${sandboxUrl}/_sandbox/truth/${resource}?offset=${rows.length}`);
    const page = (await answer.json()) as { total: number; rows: T[] };
    rows.push(...page.rows);
    if (page.rows.length === 0 || rows.length >= page.total) return rows;
  }
}
