import type { Knex } from 'knex';
import { arraysOf, type Row, rowsFromArrays } from './column-arrays';
import { type ColumnTypes, typesOf } from './column-types';

export type { Row } from './column-arrays';

export interface UpsertCounts {
  created: number;
  updated: number;
  unchanged: number;
}

interface Target {
  table: string;
  /** The columns of the unique key; rows carry them. */
  key: readonly string[];
  /** Where the read that brought the rows stands in patreon_read_seq; unset when each row carries a `read_seq` of its own. */
  readSeq?: number;
  /**
   * None of the rows can exist: what they hang on was created by the same transaction. They are then inserted without a
   * look at the table, at two thirds of the cost.
   */
  areNew?: boolean;
  /** Hardly any of the rows exist: all are offered for insertion first, and only those that it turns away are compared. */
  mostAreNew?: boolean;
}

/** A row that is not stored as it was given. */
export interface Difference {
  row: Row;
  isNew: boolean;
}

/** Ours, not Patreon's: never compared, set by the statement itself. */
const BOOKKEEPING = new Set(['id', 'read_seq', 'first_seen_at', 'changed_at', 'gone_at', 'digest']);

/**
 * Stores one page in one statement (one more for each different set of columns: what Patreon did not tell about a row
 * is left out of it and stays as it is). At most one row per key; the last one wins.
 * Only rows that differ are written: what is equal costs no tuple, no lock and no WAL. A row that was read later than
 * `readSeq` is kept. A row that was marked gone and is seen again is live again.
 * A `digest` of what the row was made of is kept with it, and renewed where nothing but the digest differs: that counts
 * as unchanged. Were it left alone, what was stored beside the row could change and its digest be met again.
 */
export async function upsertMany(trx: Knex.Transaction, target: Target, given: readonly Row[]): Promise<UpsertCounts> {
  const counts = { created: 0, updated: 0 };
  let rows = given;
  let inserted = 0;
  if (target.mostAreNew) {
    rows = await offer(trx, target, given);
    inserted = new Set(given.map((row) => keyOf(target, row))).size - rows.length;
  }
  const compared = await eachGroup(trx, target, rows, target.areNew ? inserting : writing, ([written]) => {
    counts.created += written?.created as number;
    counts.updated += written?.updated as number;
  });
  const unchanged = compared - counts.created - counts.updated;
  return { created: counts.created + inserted, updated: counts.updated, unchanged };
}

/** Inserts those rows whose keys are free; answers the others, each key once. */
async function offer(trx: Knex.Transaction, target: Target, given: readonly Row[]): Promise<Row[]> {
  const rows = new Map(given.map((row) => [keyOf(target, row), row]));
  await eachGroup(trx, target, given, offering, (taken) => {
    for (const key of taken) rows.delete(keyOf(target, key));
  });
  return [...rows.values()];
}

/** The rows that `upsertMany` would write; writes nothing. */
export async function findDifferences(
  trx: Knex.Transaction,
  target: Target,
  given: readonly Row[],
): Promise<Difference[]> {
  const differences: Difference[] = [];
  await eachGroup(trx, target, given, comparing, (found, group) => {
    const byKey = new Map(group.map((row) => [keyOf(target, row), row]));
    for (const { is_new, ...key } of found) {
      differences.push({ row: byKey.get(keyOf(target, key)) as Row, isNew: is_new as boolean });
    }
  });
  return differences;
}

/** Renews the digests of rows that are otherwise known to be stored as given; writes no row whose digest is the same. */
export async function renewDigests(trx: Knex.Transaction, target: Target, given: readonly Row[]): Promise<void> {
  const names = [...target.key, 'digest', ...(target.readSeq === undefined ? ['read_seq'] : [])];
  const rows = given.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
  await eachGroup(trx, target, rows, renewing, () => undefined);
}

const keyOf = ({ key }: Target, row: Row): string => key.map((column) => row[column]).join('\0');

type Statement = (target: Target, columns: string[], types: ColumnTypes) => string;

/** Answers how many rows there were, each key counted once. */
async function eachGroup(
  trx: Knex.Transaction,
  target: Target,
  given: readonly Row[],
  statement: Statement,
  take: (found: Row[], group: Row[]) => void,
): Promise<number> {
  const rows = [...new Map(given.map((row) => [keyOf(target, row), row])).values()];
  const types = await typesOf(trx, target.table);
  for (const group of groupByColumns(rows)) {
    const [first] = group;
    if (!first) continue;
    const sql = statement(target, Object.keys(first), types);
    const result = await trx.raw(sql, { ...arraysOf(group, types), readSeq: target.readSeq ?? 0 });
    take(result.rows, group);
  }
  return rows.length;
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

const list = (names: readonly string[], alias = '') => names.map((n) => `${alias}"${n}"`).join(', ');
const valuesOf = (columns: string[], key: readonly string[]) =>
  columns.filter((c) => !key.includes(c) && !BOOKKEEPING.has(c));

/** The rows that are new or differ, as `changed`; `differs` is false for those of which only the digest is another. */
function changedRows({ table, key }: Target, columns: string[], types: ColumnTypes): string {
  const values = valuesOf(columns, key);
  const wasGone = types.has('gone_at') ? 't.gone_at is not null or ' : '';
  const differs = `${wasGone}(${list(values, 't.')}) is distinct from (${list(values, 'i.')})`;
  const isNew = `t."${key[0]}" is null`;
  return `
    with incoming as materialized (
      ${rowsFromArrays(columns, types)}
    ), compared as (
      select i.*, ${isNew} as is_new, ${isNew} or ${differs} as differs,
             ${columns.includes('digest') ? 't.digest is distinct from i.digest' : 'false'} as is_stale
        from incoming i left join "${table}" t on ${key.map((k) => `t."${k}" = i."${k}"`).join(' and ')}
       where ${isNew} or t.read_seq < ${seqOf(columns, 'i.')}
    ), changed as materialized (
      select * from compared where differs or is_stale
    )`;
}

/** Where the read of a row stands. */
const seqOf = (columns: readonly string[], alias: string) =>
  columns.includes('read_seq') ? `${alias}read_seq` : ':readSeq';

const COUNTS =
  'select count(*) filter (where is_new)::int as created, count(*) filter (where not is_new)::int as updated';

const comparing: Statement = (target, columns, types) =>
  `${changedRows(target, columns, types)} select ${list(target.key)}, is_new from changed where differs`;

const writing: Statement = (target, columns, types) => {
  const { table, key } = target;
  const values = [...valuesOf(columns, key), ...columns.filter((c) => c === 'digest')];
  const set = [
    ...values.map((c) => `"${c}" = excluded."${c}"`),
    'read_seq = excluded.read_seq',
    ...(types.has('changed_at') ? ['changed_at = now()'] : []),
    ...(types.has('gone_at') ? ['gone_at = null'] : []),
  ];
  return `${changedRows(target, columns, types)}, written as (
      insert into "${table}" as t (${list([...key, ...values])}, read_seq)
      select ${list([...key, ...values])}, ${seqOf(columns, '')} from changed where differs
      on conflict (${list(key)}) do update set ${set.join(', ')} where t.read_seq < excluded.read_seq
      returning (xmax = 0) as is_new
    )${columns.includes('digest') ? `, renewed as (${renewal(target, columns)})` : ''}
    ${COUNTS} from written`;
};

const inserting: Statement = ({ table }, columns, types) => {
  const names = columns.filter((c) => c !== 'read_seq');
  return `with inserted as (
      insert into "${table}" (${list(names)}, read_seq)
      select ${list(names)}, ${seqOf(columns, '')} from (${rowsFromArrays(columns, types)}) as r
      returning 1
    )
    select count(*)::int as created, 0 as updated from inserted`;
};

const offering: Statement = ({ table, key }, columns, types) => {
  const names = columns.filter((c) => c !== 'read_seq');
  return `insert into "${table}" (${list(names)}, read_seq)
      select ${list(names)}, ${seqOf(columns, '')} from (${rowsFromArrays(columns, types)}) as r
      on conflict (${list(key)}) do nothing returning ${list(key)}`;
};

const renewal = ({ table, key }: Target, columns: readonly string[]) => `
      update "${table}" t set digest = c.digest, read_seq = ${seqOf(columns, 'c.')}
        from changed c
       where not c.differs and t.read_seq < ${seqOf(columns, 'c.')} and t.digest is distinct from c.digest
         and ${key.map((k) => `t."${k}" = c."${k}"`).join(' and ')}`;

const renewing: Statement = (target, columns, types) =>
  `with changed as materialized (select *, false as differs from (${rowsFromArrays(columns, types)}) as r)
   ${renewal(target, columns)}`;
