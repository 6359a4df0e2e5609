import type { Knex } from 'knex';
import { type Cursor, encodeCursor, type KeysetPosition, type KeysetSort, keysetPage } from '../../db/keyset';
import { ValidationError } from '../../errors';
import { isOfFigures, PatreonMember } from './member.model';
import { listMemberPage } from './member-page';
import { type MemberQuery, type MemberReader, readMemberQuery } from './member-query';

const LIST = '/patreon/members/';
/** So many rows stand before the member when one goes back to the list. */
const ROWS_ABOVE = 10;

/** A member within the list that one came from. */
export interface ListPlace {
  /** The list's query, as it goes with addresses of the page. */
  list: string;
  /** The list with its filter and order, on a page that shows this member. */
  back: string;
  /** Our row ids. */
  previous: number | null;
  next: number | null;
}

/** Undefined for a query that this reader's list does not take: then there is no place to go back to. */
export async function readListPlace(
  memberId: number,
  list: string,
  reader: MemberReader,
  knex: Knex,
): Promise<ListPlace | undefined> {
  const query = await readListQuery(list, reader, knex);
  if (!query) return undefined;
  const { order, sort, searchParams } = query;
  const here = await placeOf(memberId, order, knex);
  if (!here) return undefined;
  const [above, below] = await Promise.all([
    readBeside(query, { before: here }, ROWS_ABOVE + 1, knex),
    readBeside(query, { after: here }, 1, knex),
  ]);
  const first = above.at(-ROWS_ABOVE - 1);
  const start = first && (await placeOf(first.id, order, knex));
  const back = new URLSearchParams(searchParams);
  if (start) back.set('after', encodeCursor(sort, start));
  return {
    // Never empty: no list at all is another thing than the whole of it.
    list: searchParams.size === 0 ? `sort=${sort}` : searchParams.toString(),
    back: back.size === 0 ? LIST : `${LIST}?${back}`,
    previous: above.at(-1)?.id ?? null,
    next: below[0]?.id ?? null,
  };
}

/** In the order of the list, `size` of them at least where there are as many. */
async function readBeside(
  { filter, order }: MemberQuery,
  position: KeysetPosition,
  size: number,
  knex: Knex,
): Promise<{ id: number }[]> {
  // What the sort indexes know is a step along them; how to find the others, the list knows best.
  const isStep = !filter.gone && isOfFigures(filter);
  const page = isStep
    ? await keysetPage(PatreonMember.matching(filter, knex).select('id'), order, position, size)
    : await listMemberPage({ filter, sort: order, position }, knex);
  return page.rows;
}

async function readListQuery(list: string, reader: MemberReader, knex: Knex): Promise<MemberQuery | undefined> {
  const given = new URLSearchParams(list);
  const query = Object.fromEntries(
    [...new Set(given.keys())].map((name) => {
      const values = given.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
  try {
    return await readMemberQuery(query, reader, knex);
  } catch (error) {
    if (error instanceof ValidationError) return undefined;
    throw error;
  }
}

/** Where a member stands in an order; whether the list shows it does not matter. */
async function placeOf(memberId: number, { value }: KeysetSort, knex: Knex): Promise<Cursor | undefined> {
  return PatreonMember.query(knex)
    .select('id', knex.raw(`(${value})::text as value`))
    .findById(memberId)
    .castTo<Cursor | undefined>();
}
