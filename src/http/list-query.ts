import { z } from 'zod';
import { decodeCursor, type KeysetPosition, type KeysetSort } from '../db/keyset';
import { ValidationError } from '../errors';
import type { ListParameters } from './list-address';
import { parseForm } from './parse';

const problem = (name: string) => `list:problem.${name}`;

/** An empty field of a filter form means "any". */
const given = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const cursor = given(z.string(problem('page')).max(4_000, problem('page')));

/** The filters that lists have in common; `campaign` and `tier` are our own row ids. */
export const listFilters = {
  id: (name: 'campaign' | 'tier') =>
    given(
      z
        .string(problem(name))
        .regex(/^[1-9]\d{0,14}$/, problem(name))
        .transform(Number),
    ),
  oneOf: <const V extends readonly [string, ...string[]]>(name: 'audience', values: V) =>
    given(z.enum(values, problem(name))),
  q: given(
    z
      .string(problem('q'))
      .max(100, problem('q'))
      .refine((text) => !text.includes('\0') && text.isWellFormed(), problem('q'))
      .transform((text) => text.trim()),
  ),
  gone: given(z.enum(['0', '1'], problem('gone'))).transform((value) => value === '1'),
};

/** A list's query as it was checked: its filters, the order, the page, and the parameters for addresses of its own. */
export interface ListQuery<F extends z.ZodRawShape> {
  filters: z.output<z.ZodObject<F>>;
  sort: string;
  order: KeysetSort;
  position: KeysetPosition;
  parameters: ListParameters;
}

/** @throws ValidationError with one key of the message catalogue for each wrong parameter; others are passed over. */
export function parseListQuery<F extends z.ZodRawShape>(
  filters: z.ZodObject<F>,
  sorts: Record<string, KeysetSort>,
  defaultSort: string,
  query: unknown,
): ListQuery<F> {
  const names = Object.keys(sorts).flatMap((name) => [name, `-${name}`]);
  const paging = z.object({ sort: given(z.enum(names, problem('sort'))), after: cursor, before: cursor });
  const errors: Record<string, string> = {};
  const page = collect(paging, query, errors);
  const chosen = collect(filters, query, errors);
  if (!page || !chosen) throw new ValidationError(errors);
  const sort = page.sort ?? defaultSort;
  const order = orderNamed(sorts, sort);
  return { filters: chosen, sort, order, position: position(page, sort, order), parameters: stringsOf(query, filters) };
}

function collect<S extends z.ZodType>(
  schema: S,
  query: unknown,
  errors: Record<string, string>,
): z.output<S> | undefined {
  try {
    return parseForm(schema, query);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    Object.assign(errors, error.fields);
    return undefined;
  }
}

function orderNamed(sorts: Record<string, KeysetSort>, sort: string): KeysetSort {
  return { ...(sorts[sort.replace(/^-/, '')] as KeysetSort), descending: sort.startsWith('-') };
}

function position(page: { after?: string; before?: string }, sort: string, order: KeysetSort): KeysetPosition {
  if (page.after !== undefined && page.before !== undefined) throw new ValidationError({ before: problem('page') });
  const [side, text] =
    page.before === undefined ? (['after', page.after] as const) : (['before', page.before] as const);
  if (text === undefined) return {};
  const place = decodeCursor(text, sort, order);
  if (!place) throw new ValidationError({ [side]: problem('page') });
  return { [side]: place };
}

/** What was asked for, as text, of the parameters that the list knows. */
function stringsOf<F extends z.ZodRawShape>(query: unknown, filters: z.ZodObject<F>): ListParameters {
  const source = query as Record<string, unknown>;
  const names = [...Object.keys(filters.shape), 'sort'];
  return Object.fromEntries(names.map((name) => [name, typeof source[name] === 'string' ? source[name] : undefined]));
}
