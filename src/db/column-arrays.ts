import type { ColumnTypes } from './column-types';

export type Row = Record<string, unknown>;

/**
 * SQL that selects rows from one array for each column, bound under the names that `arraysOf` gives. PostgreSQL reads them
 * in half the time that it takes over the same rows as JSON.
 */
export function rowsFromArrays(columns: readonly string[], types: ColumnTypes): string {
  const given = columns.map((column, index) => ({ name: `"${column}"`, type: typeOf(column, types), index }));
  // Arrays of arrays would come out flat, so they travel as text.
  const arrays = given.map(({ type, index }) => `:${parameter(index)}::${isArray(type) ? 'text' : type}[]`);
  const values = given.map(({ name, type }) => (isArray(type) ? `${name}::${type}` : name));
  return `select ${values.join(', ')} from unnest(${arrays.join(', ')}) as r(${given.map((g) => g.name).join(', ')})`;
}

/** Parameters for `rowsFromArrays`. All rows have the columns of the first. */
export function arraysOf(rows: readonly Row[], types: ColumnTypes): Record<string, string> {
  const arrays: Record<string, string> = {};
  for (const [index, column] of Object.keys(rows[0] ?? {}).entries()) {
    const write = writerOf(typeOf(column, types));
    arrays[parameter(index)] = `{${rows.map((row) => write(row[column])).join()}}`;
  }
  return arrays;
}

const parameter = (index: number) => `column_${index}`;
const isArray = (type: string) => type.endsWith('[]');

function typeOf(column: string, types: ColumnTypes): string {
  const type = types.get(column);
  if (!type) throw new Error(`there is no column ${column}`);
  return type;
}

/** How a value of a type is written as an element of an array's text, which costs a fraction of the driver's own way. */
function writerOf(type: string): (value: unknown) => string {
  if (isArray(type)) return orNull((value) => quoted(arrayText(value as unknown[])));
  if (type === 'jsonb' || type === 'json') return orNull((value) => quoted(JSON.stringify(value)));
  if (type === 'timestamp with time zone')
    return orNull((value) => quoted(value instanceof Date ? value.toISOString() : value));
  return orNull((value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : quoted(value)));
}

const orNull = (write: (value: unknown) => string) => (value: unknown) =>
  value === null || value === undefined ? 'null' : write(value);

const arrayText = (values: readonly unknown[]) => `{${values.map(orNull(quoted)).join()}}`;

/** PostgreSQL escapes less than JSON does: a line break stands for itself. */
function quoted(value: unknown): string {
  const text = String(value);
  return NEEDS_ESCAPE.test(text) ? `"${text.replaceAll(ESCAPED, '\\$&')}"` : `"${text}"`;
}

const NEEDS_ESCAPE = /["\\]/;
const ESCAPED = /["\\]/g;
