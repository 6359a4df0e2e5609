import type { Response } from 'express';
import { encodeCursor, type KeysetPage } from '../db/keyset';
import { ValidationError } from '../errors';
import { type ListParameters, listAddress } from './list-address';

/** A list as its template reads it: rows, how many match, and where its heads and neighbours lead. */
export interface ListView<T> {
  rows: T[];
  total: { count: number; capped: boolean };
  sort: string;
  address: (change?: ListParameters) => string;
  previous: string | null;
  next: string | null;
  /** Whether anything but the order and the page was chosen. */
  isFiltered: boolean;
}

export function listView<T>(
  path: string,
  query: { sort: string; parameters: ListParameters },
  page: KeysetPage<T>,
  total: ListView<T>['total'],
): ListView<T> {
  const address = listAddress(path, query.parameters);
  const { sort: _sort, ...filters } = query.parameters;
  return {
    rows: page.rows,
    total,
    sort: query.sort,
    address,
    previous: page.previous && address({ before: encodeCursor(query.sort, page.previous) }),
    next: page.next && address({ after: encodeCursor(query.sort, page.next) }),
    isFiltered: Object.values(filters).some(Boolean),
  };
}

/** Renders `<folder>/index` (or its `_table`) with what `read` answers as `list`; what is wrong with the query, as a 400. */
export async function viewList(
  res: Response,
  folder: string,
  locals: Record<string, unknown>,
  read: () => Promise<ListView<unknown>>,
): Promise<void> {
  const fragment = `${folder}/_table`;
  try {
    res.view(`${folder}/index`, { ...locals, list: await read(), parameterErrors: [] }, { fragment });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const parameterErrors = Object.values(error.fields);
    res.view(`${folder}/index`, { ...locals, list: null, parameterErrors }, { fragment, status: 400 });
  }
}
