import type { Knex } from 'knex';
import {
  type Cursor,
  type KeysetPage,
  type KeysetPosition,
  type KeysetSort,
  keysetPage,
  PAGE_SIZE,
} from '../../db/keyset';
import { isOfFigures, type MemberFilter, PatreonMember } from './member.model';
import type { MembershipKind } from './membership-kind';

/** So many matches are counted and sorted without a second thought; beyond it a list says "at least". */
const MANY = 10_000;

export interface MemberPage extends KeysetPage<PatreonMember> {
  /** Of all members that match. */
  total: { count: number; capped: boolean };
}

interface PageRequest {
  filter: MemberFilter;
  sort: KeysetSort;
  position: KeysetPosition;
  /** The only kinds that matches are of, where that is known. */
  kinds?: readonly MembershipKind[] | undefined;
}

/** What cutting a page reads: ids alone, and how many matches were collected on the way. */
type Cut = KeysetPage<PatreonMember & { collected?: number }>;
type Counted = Cut & { total: MemberPage['total'] };

/** From so many estimated matches of a million on, a page of them is likely to lie within reach of any place of the order. */
const LIKELY_NEAR = 8_000;
/** Beyond so many it is cheaper to walk along the whole order than to collect the matches. */
const TOO_MANY = 200_000;

/**
 * One page of members. It is cut first, from ids and sort values alone; its rows are read afterwards.
 *
 * The sort indexes know campaign and kind, so those filters walk along them. Others they do not know: few matches are
 * collected by their own index and sorted; many lie close together, so that a short walk meets a page of them, except
 * where the filter itself decides the order (all people called Zelda stand at the end). That walk is given up and the
 * matches are collected, many as they are. The planner cannot choose so: it takes filter and order to be independent.
 */
export async function listMemberPage(request: PageRequest, db: Knex): Promise<MemberPage> {
  const { rows, previous, next, total } = await cutPage(request, db);
  const ids = rows.map((row) => row.id);
  return { rows: await PatreonMember.listByIds(ids, db), previous, next, total };
}

async function cutPage(request: PageRequest, db: Knex): Promise<Counted> {
  const { filter, sort } = request;
  if (!filter.gone && (isOfFigures(filter) || isRunOf(sort, filter))) return withTotal(walk(request, db), request, db);
  const { estimate, kinds, counted: known } = await expect(filter, db);
  if (filter.gone || estimate <= LIKELY_NEAR) return collectFew(request, db);
  const narrowed = { ...request, kinds };
  const total = known ?? PatreonMember.countMatching(filter, db, MANY, estimate);
  const [near, counted] = await Promise.all([shortWalk(narrowed, reachOf(estimate), db), total]);
  if (near) return { ...near, total: counted };
  const isWalk = kinds !== undefined || estimate > TOO_MANY;
  return { ...(await (isWalk ? walk(narrowed, db) : collect(request, db))), total: counted };
}

interface Expected {
  estimate: number;
  kinds?: MembershipKind[];
  /** Where counting was the only way to expect anything. */
  counted?: MemberPage['total'];
}

/**
 * How many may match, and of which kinds: the figures of tiers tell it better than the planner, who knows no tier. Nor
 * does the planner know what names begin with: they are counted as far as they ever are.
 */
async function expect(filter: MemberFilter, db: Knex): Promise<Expected> {
  if (PatreonMember.isNameStart(filter.q)) {
    const counted = await PatreonMember.countMatching(filter, db, MANY);
    return { estimate: counted.capped ? MANY : counted.count, counted };
  }
  const planned = PatreonMember.estimateMatching(filter, db);
  if (!filter.tier?.length || filter.or?.length) return { estimate: await planned };
  const [estimate, figures] = await Promise.all([planned, PatreonMember.tierFigures(filter, db)]);
  const most = figures.reduce((sum, { members }) => sum + members, 0);
  const isAll = isOfFigures({ ...filter, tier: [] });
  return { estimate: isAll ? most : Math.min(estimate, most), kinds: figures.map(({ kind }) => kind) };
}

/** Collects the matches, which are expected to be few; if they are not, all of them all the same. */
async function collectFew(request: PageRequest, db: Knex): Promise<Counted> {
  const few = await collect(request, db, MANY + 1);
  const collected = few.rows[0]?.collected;
  if (collected === undefined) return withTotal(collect(request, db), request, db);
  if (collected <= MANY) return { ...few, total: { count: collected, capped: false } };
  return withTotal(collect(request, db), request, db);
}

async function withTotal(cut: Cut | Promise<Cut>, { filter }: PageRequest, db: Knex): Promise<Counted> {
  const [page, total] = await Promise.all([cut, PatreonMember.countMatching(filter, db, MANY)]);
  return { ...page, total };
}

/** Whether what is looked for is one run of the very order, so that walking along it meets nothing else. */
function isRunOf(sort: KeysetSort, { q, identified, or, ...filter }: MemberFilter): boolean {
  if (or?.length) return false;
  if (q !== undefined && q !== '') return PatreonMember.isNameStart(q) && isOfFigures(filter) && isSort('name', sort);
  const ranges = {
    lifetime: 'lifetime',
    joined: 'joined',
    lastCharge: 'last_charge',
    nextCharge: 'next_charge',
    changed: 'changed',
  } as const;
  return Object.entries(ranges).some(
    ([name, sorted]) => isSort(sorted, sort) && isOfFigures({ ...filter, [name]: undefined }),
  );
}

const isSort = (name: keyof typeof PatreonMember.sorts, { value }: KeysetSort) =>
  value === PatreonMember.sorts[name].value;

function walk(request: PageRequest, db: Knex): Promise<Cut> {
  return keysetPage(alongOrder(request, db), request.sort, request.position);
}

/** Finds all matches, or the first `limit` that turn up, and sorts them. */
function collect({ filter, sort, position }: PageRequest, db: Knex, limit?: number): Promise<Cut> {
  const matches = PatreonMember.matching(filter, db)
    .select('id')
    .select(db.raw(`${sort.value} as value`));
  if (limit) matches.limit(limit);
  const collected = PatreonMember.query(db)
    .withMaterialized('matches', matches)
    .from('matches')
    .select('id', db.raw('(select count(*) from matches) as collected'));
  return keysetPage(collected, { ...sort, value: 'value' }, position);
}

/** The matches, with what the sort indexes know about them said once more in the words of those indexes. */
function alongOrder({ filter, kinds }: PageRequest, db: Knex) {
  const query = PatreonMember.matching(filter, db).select('id');
  const campaigns = [...new Set(filter.tier?.map(({ campaign_id }) => campaign_id))];
  if (campaigns.length > 0 && !filter.or?.length) query.whereIn('campaign_id', campaigns);
  if (kinds) query.whereIn('kind', [...kinds]);
  return query;
}

/** How many rows ahead a page of matches is looked for: several times as many as an even spread would take. */
function reachOf(estimate: number): number {
  const apart = A_MILLION / estimate;
  return Math.min(MANY, Math.max(1_000, Math.ceil(apart * PAGE_SIZE * 4)));
}

const A_MILLION = 1_000_000;

/** The page if it lies within reach of its beginning, else undefined. */
async function shortWalk(request: PageRequest, reach: number, db: Knex): Promise<Cut | undefined> {
  const { sort, position } = request;
  const isDown = Boolean(sort.descending) !== (position.before !== undefined);
  const end = await endOfWalk(request, { isDown, reach }, db);
  if (!end) return undefined;
  const page = await db.transaction(async (trx) => {
    // The planner would rather collect and sort all that lies within reach, and more.
    await trx.raw('set local enable_sort = off; set local enable_bitmapscan = off');
    const reachable = alongOrder(request, trx).whereRaw(
      `(${sort.value}, id) ${isDown ? '>=' : '<='} (?::${sort.type}, ?)`,
      [end.value, end.id],
    );
    return keysetPage(reachable, sort, position);
  });
  const isFull = page.rows.length === PAGE_SIZE && (position.before ? page.previous : page.next) !== null;
  return isFull ? page : undefined;
}

/** The row of the sort index that lies `reach` ahead; undefined where its run of values ends sooner. */
async function endOfWalk(
  { sort, position }: PageRequest,
  { isDown, reach }: { isDown: boolean; reach: number },
  db: Knex,
): Promise<Cursor | undefined> {
  const from = position.before ?? position.after;
  if (from?.value === null) return undefined;
  const query = db('patreon_members')
    .select<{ value: string; id: number }[]>(db.raw(`(${sort.value})::text as value`), 'id')
    .whereNull('gone_at')
    .whereRaw(`${sort.value} is not null`)
    .orderByRaw(isDown ? `${sort.value} desc, id desc` : `${sort.value}, id`)
    .offset(reach)
    .limit(1);
  if (from) query.whereRaw(`(${sort.value}, id) ${isDown ? '<' : '>'} (?::${sort.type}, ?)`, [from.value, from.id]);
  const [row] = await query;
  return row;
}
