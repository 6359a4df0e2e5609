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

/** How far a page is looked for along a sort index before the matches are collected instead. */
const WALK_ROWS = 10_000;

interface PageRequest {
  filter: MemberFilter;
  sort: KeysetSort;
  position: KeysetPosition;
  /** Of the members that match. */
  total: { count: number; capped: boolean };
}

/**
 * One page of members. The page is cut first, from ids and sort values alone; its rows are read afterwards.
 *
 * The sort indexes know campaign and kind, so those filters walk along them. A tier or a text they do not know: few
 * matches are collected by their own index and sorted; many lie close together, so that a short walk meets a page of
 * them, except where the text itself decides the order (all people called Zelda stand at the end). That walk is given
 * up and the matches are collected, many as they are. The planner cannot choose so: it takes text and order to be
 * independent.
 */
export async function listMemberPage(request: PageRequest, db: Knex): Promise<KeysetPage<PatreonMember>> {
  const { rows, previous, next } = await cutPage(request, db);
  return {
    rows: await PatreonMember.listByIds(
      rows.map((row) => row.id),
      db,
    ),
    previous,
    next,
  };
}

async function cutPage(request: PageRequest, db: Knex): Promise<KeysetPage<PatreonMember>> {
  const { filter, sort, position, total } = request;
  if (filter.gone) return collect(request, db);
  if (isKnownToIndex(filter, sort)) return keysetPage(PatreonMember.matching(filter, db).select('id'), sort, position);
  if (total.capped) {
    const page = await shortWalk(request, db);
    if (page) return page;
  }
  return collect(request, db);
}

function isKnownToIndex({ tier, q }: MemberFilter, sort: KeysetSort): boolean {
  if (tier) return false;
  return !q || (PatreonMember.isNameStart(q) && sort.value === PatreonMember.sorts.name.value);
}

function collect({ filter, sort, position }: PageRequest, db: Knex): Promise<KeysetPage<PatreonMember>> {
  const matches = PatreonMember.matching(filter, db)
    .select('id')
    .select(db.raw(`${sort.value} as value`));
  const collected = PatreonMember.query(db).withMaterialized('matches', matches).from('matches').select('id');
  return keysetPage(collected, { ...sort, value: 'value' }, position);
}

/** The page if it lies within reach of its beginning, else undefined. */
async function shortWalk(request: PageRequest, db: Knex): Promise<KeysetPage<PatreonMember> | undefined> {
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

/** The row of the sort index that lies WALK_ROWS ahead; undefined where its run of values ends sooner. */
async function endOfWalk({ sort, position }: PageRequest, isDown: boolean, db: Knex): Promise<Cursor | undefined> {
  const from = position.before ?? position.after;
  if (from?.value === null) return undefined;
  const query = db('patreon_members')
    .select<{ value: string; id: number }[]>(db.raw(`(${sort.value})::text as value`), 'id')
    .whereNull('gone_at')
    .whereRaw(`${sort.value} is not null`)
    .orderByRaw(isDown ? `${sort.value} desc, id desc` : `${sort.value}, id`)
    .offset(WALK_ROWS)
    .limit(1);
  if (from) query.whereRaw(`(${sort.value}, id) ${isDown ? '<' : '>'} (?::${sort.type}, ?)`, [from.value, from.id]);
  const [row] = await query;
  return row;
}
