import type { Knex } from 'knex';
import {
  type Cursor,
  type KeysetPage,
  type KeysetPosition,
  type KeysetSort,
  keysetPage,
  PAGE_SIZE,
} from '../../db/keyset';
import { type MemberFilter, PatreonMember } from './member.model';

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
}

/** What cutting a page reads: ids alone, and how many matches were collected on the way. */
type Cut = KeysetPage<PatreonMember & { collected?: number }>;

/**
 * One page of members. It is cut first, from ids and sort values alone; its rows are read afterwards.
 *
 * The sort indexes know campaign and kind, so those filters walk along them. A tier or a text they do not know: few
 * matches are collected by their own index and sorted; many lie close together, so that a short walk meets a page of
 * them, except where the text itself decides the order (all people called Zelda stand at the end). That walk is given
 * up and the matches are collected, many as they are. The planner cannot choose so: it takes text and order to be
 * independent.
 */
export async function listMemberPage(request: PageRequest, db: Knex): Promise<MemberPage> {
  const { rows, previous, next, total } = await cutPage(request, db);
  const ids = rows.map((row) => row.id);
  return { rows: await PatreonMember.listByIds(ids, db), previous, next, total };
}

async function cutPage(request: PageRequest, db: Knex): Promise<Cut & { total: MemberPage['total'] }> {
  const { filter, sort } = request;
  const isNarrowed = Boolean(filter.tier || filter.q);
  const isNameWalk =
    !filter.tier && PatreonMember.isNameStart(filter.q) && sort.value === PatreonMember.sorts.name.value;
  if (!filter.gone && (!isNarrowed || isNameWalk)) return withTotal(walk(request, db), request, db);
  const few = await collect(request, db, MANY + 1);
  const collected = few.rows[0]?.collected;
  if (collected !== undefined && collected <= MANY) return { ...few, total: { count: collected, capped: false } };
  if (collected === undefined) return withTotal(collect(request, db), request, db);
  const near = filter.gone ? undefined : await shortWalk(request, db);
  return { ...(near ?? (await collect(request, db))), total: { count: MANY, capped: true } };
}

async function withTotal(cut: Cut | Promise<Cut>, { filter }: PageRequest, db: Knex) {
  const [page, total] = await Promise.all([cut, PatreonMember.countMatching(filter, db, MANY)]);
  return { ...page, total };
}

function walk({ filter, sort, position }: PageRequest, db: Knex): Promise<Cut> {
  return keysetPage(PatreonMember.matching(filter, db).select('id'), sort, position);
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

/** The page if it lies within reach of its beginning, else undefined. */
async function shortWalk(request: PageRequest, db: Knex): Promise<Cut | undefined> {
  const { filter, sort, position } = request;
  const isDown = Boolean(sort.descending) !== (position.before !== undefined);
  const end = await endOfWalk(request, isDown, db);
  if (!end) return undefined;
  const reachable = PatreonMember.matching(filter, db)
    .select('id')
    .whereRaw(`(${sort.value}, id) ${isDown ? '>=' : '<='} (?::${sort.type}, ?)`, [end.value, end.id]);
  const page = await keysetPage(reachable, sort, position);
  const isFull = page.rows.length === PAGE_SIZE && (position.before ? page.previous : page.next) !== null;
  return isFull ? page : undefined;
}

/** The row of the sort index that lies MANY ahead; undefined where its run of values ends sooner. */
async function endOfWalk({ sort, position }: PageRequest, isDown: boolean, db: Knex): Promise<Cursor | undefined> {
  const from = position.before ?? position.after;
  if (from?.value === null) return undefined;
  const query = db('patreon_members')
    .select<{ value: string; id: number }[]>(db.raw(`(${sort.value})::text as value`), 'id')
    .whereNull('gone_at')
    .whereRaw(`${sort.value} is not null`)
    .orderByRaw(isDown ? `${sort.value} desc, id desc` : `${sort.value}, id`)
    .offset(MANY)
    .limit(1);
  if (from) query.whereRaw(`(${sort.value}, id) ${isDown ? '<' : '>'} (?::${sort.type}, ?)`, [from.value, from.id]);
  const [row] = await query;
  return row;
}
