import type { Knex } from 'knex';
import { PatreonMember } from '../apps/members/member.model';
import { encodeCursor, PAGE_SIZE } from '../db/keyset';

/** One page of the list of members. */
export interface ListCase {
  page: string;
  address: string;
  /** Several conditions at once, or a filter that works against the order. */
  isComposed: boolean;
  /** The same page as one query by hand: its condition, if it can be so simple, and its order. */
  bare?: { where: string; order: string };
}

const KINDS = ['paying', 'pending', 'declined', 'former', 'gift', 'trial', 'free', 'unknown'];
const STATUSES = ['active_patron', 'declined_patron', 'former_patron', 'none'];
const JOINED = 'pledge_relationship_start desc, id desc';

/** Every filter and sort on offer, searches of each sort, deep pages, and filters that work against the order. */
export async function listCases(knex: Knex, rows: number): Promise<ListCase[]> {
  const one = (query: string, bare?: ListCase['bare']): ListCase => ({
    page: query || 'first page',
    address: `/patreon/members/?${query}`,
    isComposed: false,
    ...(bare && { bare }),
  });
  const sorts = Object.entries(PatreonMember.sorts).flatMap(([sort, { value }]) => [
    one(`sort=${sort}`, { where: `${value} is not null`, order: `${value}, id` }),
    one(`sort=-${sort}`, { where: `${value} is not null`, order: `${value} desc, id desc` }),
  ]);
  const byKind = KINDS.map((kind) => one(`kind=${kind}`, bareWhere(`kind = '${kind}'`)));
  const byStatus = STATUSES.map((status) =>
    one(`status=${status}`, bareWhere(status === 'none' ? 'patron_status is null' : `patron_status = '${status}'`)),
  );
  const others = await ownFilters(knex);
  const searches = [
    'ze',
    'zelda',
    'zelda%20zielinski',
    'nobody',
    'sato9',
    'example.org',
    '50000777',
    '700000000000000009',
  ];
  const composed = await composedQueries(knex);
  return [
    one('', bareWhere('pledge_relationship_start is not null')),
    ...sorts,
    ...byKind,
    ...byStatus,
    ...others.map((query) => one(query)),
    ...searches.map((q) => one(`q=${q}`)),
    ...(rows > 1_000 * PAGE_SIZE ? await deepPages(knex) : []),
    ...composed.map((query) => ({ ...one(query), isComposed: true })),
  ];
}

const bareWhere = (where: string) => ({ where, order: JOINED });

async function tierIds(knex: Knex): Promise<{ large: number; free: number; small: number }> {
  const find = async (campaign: number, title: string) =>
    (await knex('patreon_tiers').where({ campaign_id: campaign, title }).first('id')).id as number;
  return { large: await find(1, 'Tier 1'), free: await find(1, 'Tier 0'), small: await find(20, 'Tier 2') };
}

async function ownFilters(knex: Knex): Promise<string[]> {
  const tiers = await tierIds(knex);
  const labels: { id: number; name: string }[] = await knex('labels').select('id', 'name').orderBy('name');
  return [
    'campaign=1',
    'campaign=20',
    `tier=${tiers.large}`,
    `tier=${tiers.free}`,
    `tier=${tiers.small}`,
    'amount_min=55',
    'amount_max=5',
    'lifetime_min=2800',
    'joined_from=2026-10-22',
    'joined_from=2016-01-01&joined_to=2016-02-01',
    'last_charge_from=2026-10-25',
    'charge=Declined',
    'charge=Paid',
    'next_charge_from=2026-12-01&next_charge_to=2026-12-07',
    'cadence=12',
    'cadence=1',
    'email=yes',
    'email=no',
    'address=yes',
    'discord=yes',
    'discord=no',
    ...labels.flatMap(({ id }) => [`label=${id}`, `label_not=${id}`]),
    'changed_from=2026-11-20',
    'follow_up=overdue',
    'follow_up=none',
  ];
}

async function composedQueries(knex: Knex): Promise<string[]> {
  const { large, free, small } = await tierIds(knex);
  const common = await knex('labels').where({ name: 'Common' }).first('id');
  return [
    'kind=free&sort=-amount',
    'kind=paying&sort=amount',
    'kind=paying&kind=declined&sort=-lifetime',
    'status=none&sort=-amount',
    'kind=free&sort=next_charge',
    'kind=declined&campaign=20&sort=-lifetime',
    `tier=${free}&sort=-lifetime`,
    `tier=${large}&kind=gift`,
    `tier=${large}&tier=${small}&sort=name`,
    'q=zelda&sort=-joined',
    'q=zelda&sort=name',
    'q=zelda&kind=paying&sort=-amount',
    'q=ze&sort=-lifetime',
    'q=example.org&sort=-lifetime',
    'amount_min=50&sort=name',
    'amount_min=20&joined_from=2026-09-01&sort=-lifetime',
    `label=${common.id}&kind=paying&sort=-amount`,
    'kind=paying&joined_from=2026-10-22&or1.kind=declined&or1.last_charge_from=2026-10-25',
    `tier=${large}&or1.cadence=12&or2.charge=Declined&sort=name`,
    'email=no&discord=yes&sort=-next_charge',
  ];
}

/** The thousandth page of some sorts, as its own neighbours would link to it. */
async function deepPages(knex: Knex): Promise<ListCase[]> {
  const pages: ListCase[] = [];
  for (const name of ['name', '-amount', 'joined'] as const) {
    const { value } = PatreonMember.sorts[name.replace('-', '') as 'name'];
    const direction = name.startsWith('-') ? 'desc' : 'asc';
    const { rows } = await knex.raw(
      `select (${value})::text as value, id from patreon_members where gone_at is null and ${value} is not null
        order by ${value} ${direction}, id ${direction} offset ? limit 1`,
      [999 * PAGE_SIZE - 1],
    );
    const address = `/patreon/members/?sort=${name}&after=${rows[0] && encodeCursor(name, rows[0])}`;
    if (rows[0]) pages.push({ page: `page 1,000 by ${name}`, address, isComposed: false });
  }
  return pages;
}
