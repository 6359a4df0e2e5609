import type { Knex } from 'knex';

/** Column → type, as PostgreSQL writes it. */
export type ColumnTypes = ReadonlyMap<string, string>;

const columnTypes = new Map<string, Promise<ColumnTypes>>();

/** Column types as the database has them, read once: migrations run before anything is stored. */
export function typesOf(trx: Knex.Transaction, table: string): Promise<ColumnTypes> {
  let known = columnTypes.get(table);
  if (!known) {
    known = readTypes(trx, table);
    known.catch(() => columnTypes.delete(table));
    columnTypes.set(table, known);
  }
  return known;
}

async function readTypes(trx: Knex.Transaction, table: string): Promise<ColumnTypes> {
  const { rows } = await trx.raw(
    `select attname as name, format_type(atttypid, atttypmod) as type
       from pg_attribute where attrelid = ?::regclass and attnum > 0 and not attisdropped`,
    [table],
  );
  return new Map((rows as { name: string; type: string }[]).map((r) => [r.name, r.type]));
}
