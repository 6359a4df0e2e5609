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
export function arraysOf(rows: readonly Row[], types: ColumnTypes): Record<string, unknown[]> {
  const arrays: Record<string, unknown[]> = {};
  for (const [index, column] of Object.keys(rows[0] ?? {}).entries()) {
    const write = writerOf(typeOf(column, types));
    arrays[parameter(index)] = rows.map((row) => write(row[column]));
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

/** How a value is written where the driver's own way would mean another. */
function writerOf(type: string): (value: unknown) => unknown {
  if (isArray(type)) return (value) => (Array.isArray(value) ? arrayText(value) : value);
  if (type === 'jsonb' || type === 'json') return (value) => (value === null ? null : JSON.stringify(value));
  return (value) => value;
}

const arrayText = (values: readonly unknown[]) => `{${values.map(elementText).join()}}`;

/** PostgreSQL escapes less than JSON does: a line break stands for itself. */
const elementText = (value: unknown) => (value === null ? 'null' : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`);
