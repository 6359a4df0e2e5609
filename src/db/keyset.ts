import { type Model, type QueryBuilder, raw } from 'objection';
import { z } from 'zod';

/** How a list is ordered: by one value, empty ones last in both directions, ties by id in the value's direction. */
export interface KeysetSort {
  /** SQL of the value, as an index on (value, id) holds it. Never text from a request. */
  value: string;
  type: 'bigint' | 'text' | 'timestamptz';
  descending?: boolean;
}

/** A row's place in the order. The value travels as PostgreSQL's own text, so that no microsecond is lost. */
export interface Cursor {
  value: string | null;
  id: number;
}

/** Which page: the first one, or the one after or before a row. */
export interface KeysetPosition {
  after?: Cursor | undefined;
  before?: Cursor | undefined;
}

export interface KeysetPage<T> {
  rows: T[];
  previous: Cursor | null;
  next: Cursor | null;
}

export const PAGE_SIZE = 50;

const MAX_VALUE_LENGTH = 2_000;
const VALUE_FORMS = {
  bigint: /^-?\d{1,18}$/,
  timestamptz: /^\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/,
  text: /^[^\0]*$/,
} as const;
const encoded = z.tuple([z.string(), z.string().max(MAX_VALUE_LENGTH).nullable(), z.int().positive()]);

/** Opaque text for an address. It names the sort it belongs to: under another order it would lead to a random place. */
export function encodeCursor(sortName: string, cursor: Cursor): string {
  return Buffer.from(JSON.stringify([sortName, cursor.value, cursor.id])).toString('base64url');
}

/** Undefined for anything that `encodeCursor` did not write for this very sort. */
export function decodeCursor(text: string, sortName: string, sort: KeysetSort): Cursor | undefined {
  const parsed = encoded.safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')));
  if (!parsed.success) return undefined;
  const [name, value, id] = parsed.data;
  if (name !== sortName) return undefined;
  if (value !== null && !(VALUE_FORMS[sort.type].test(value) && value.isWellFormed() && isMoment(value, sort)))
    return undefined;
  return { value, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isMoment = (value: string, { type }: KeysetSort) =>
  type !== 'timestamptz' || !Number.isNaN(Date.parse(value.replace(' ', 'T').slice(0, 19)));

type Row = Model & { id: number };
type Placed<M> = M & { keyset_value?: string | null };

/**
 * One page of a query over one table, cut along an index on (value, id): rows with a value and rows without one are two
 * runs of that index, and the second is asked for only when the first does not fill the page. Join other tables to the
 * page, not to the query: inside, the planner may sort half the table.
 */
export async function keysetPage<M extends Row>(
  query: QueryBuilder<M, M[]>,
  sort: KeysetSort,
  position: KeysetPosition,
  size = PAGE_SIZE,
): Promise<KeysetPage<M>> {
  const isBackward = position.before !== undefined;
  const from = position.before ?? position.after;
  const found: Placed<M>[] = [];
  for (const run of runs(isBackward, from)) {
    const missing = size + 1 - found.length;
    if (missing > 0) found.push(...(await readRun(query.clone(), sort, { run, isBackward, from, limit: missing })));
  }
  const hasMore = found.length > size;
  const page = isBackward ? found.slice(0, size).reverse() : found.slice(0, size);
  const first = page[0];
  const last = page.at(-1);
  const hasPrevious = isBackward ? hasMore : from !== undefined;
  const hasNext = isBackward || hasMore;
  const previous = first && hasPrevious ? cursorOf(first) : null;
  const next = last && hasNext ? cursorOf(last) : null;
  for (const row of page) delete row.keyset_value;
  return { rows: page, previous, next };
}

type Run = 'valued' | 'empty';

/** The runs still ahead, in walking order. */
function runs(isBackward: boolean, from: Cursor | undefined): Run[] {
  const order: Run[] = isBackward ? ['empty', 'valued'] : ['valued', 'empty'];
  if (from === undefined) return order;
  return order.slice(order.indexOf(from.value === null ? 'empty' : 'valued'));
}

async function readRun<M extends Row>(
  query: QueryBuilder<M, M[]>,
  { value, type, descending = false }: KeysetSort,
  { run, isBackward, from, limit }: { run: Run; isBackward: boolean; from: Cursor | undefined; limit: number },
): Promise<Placed<M>[]> {
  const isDown = descending !== isBackward;
  const [direction, beyond] = isDown ? ['desc', '<'] : ['asc', '>'];
  const isValued = run === 'valued';
  if (!query.hasSelects()) query.select('*');
  query.select(raw(`(${value})::text as keyset_value`)).limit(limit);
  query.whereRaw(isValued ? `(${value}) is not null` : `(${value}) is null`);
  if (from && (from.value === null) === !isValued) {
    if (isValued) query.whereRaw(`(${value}, id) ${beyond} (?::${type}, ?)`, [from.value, from.id]);
    else query.whereRaw(`id ${beyond} ?`, [from.id]);
  }
  // The value stands in the order of its empty run as well: the planner takes the index only for the whole of its order.
  return query.orderByRaw(`${value} ${direction}, id ${direction}`);
}

function cursorOf<M extends Row>(row: Placed<M>): Cursor {
  return { value: row.keyset_value ?? null, id: row.id };
}

/** Counts far enough to be useful and no further: a list of a million matches says "at least". */
export async function cappedCount<M extends Model>(
  query: QueryBuilder<M, M[]>,
  cap = 10_000,
): Promise<{ count: number; capped: boolean }> {
  const matches = query
    .clone()
    .clearSelect()
    .select(raw('1'))
    .limit(cap + 1)
    .toKnexQuery();
  const counted = await query.knex().count<{ count: number }[]>('* as count').from(matches.as('matches'));
  const count = counted[0]?.count ?? 0;
  return { count: Math.min(count, cap), capped: count > cap };
}
