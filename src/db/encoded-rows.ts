import type { Knex } from 'knex';
import { arrayOf, arraysOf, type Row } from './column-arrays';
import { typesOf } from './column-types';

export interface RowTarget {
  table: string;
  /** The columns of the unique key; rows carry them. */
  key: readonly string[];
}

export const keyOf = ({ key }: Pick<RowTarget, 'key'>, row: Row): string => key.map((column) => row[column]).join('\0');

/** Rows as they are sent to PostgreSQL: each key once, those with the same columns together. */
export interface EncodedRows {
  count: number;
  groups: readonly { rows: readonly Row[]; arrays: Record<string, string> }[];
}

/** What `upsertMany` would make of the rows first: it takes time, and needs no transaction. */
export async function encodeRows(knex: Knex, target: RowTarget, given: readonly Row[]): Promise<EncodedRows> {
  const rows = [...new Map(given.map((row) => [keyOf(target, row), row])).values()];
  const types = await typesOf(knex, target.table);
  const groups = groupByColumns(rows).map((group) => ({ rows: group, arrays: arraysOf(group, types) }));
  return { count: rows.length, groups };
}

/** The same rows with other values in one column: what was not known yet when they were encoded. */
export async function withColumn(
  knex: Knex,
  { table }: Pick<RowTarget, 'table'>,
  { count, groups }: EncodedRows,
  [name, change]: [name: string, change: (value: unknown) => unknown],
): Promise<EncodedRows> {
  const types = await typesOf(knex, table);
  return {
    count,
    groups: groups.map((group) => {
      const rows = group.rows.map((row) => ({ ...row, [name]: change(row[name]) }));
      return { rows, arrays: { ...group.arrays, ...arrayOf(name, rows, types) } };
    }),
  };
}

function groupByColumns(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const columns = Object.keys(row).join();
    const group = groups.get(columns);
    if (group) group.push(row);
    else groups.set(columns, [row]);
  }
  return [...groups.values()];
}
