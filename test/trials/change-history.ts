import type { Knex } from 'knex';
import { isSameValue } from './same-value';

type Values = Record<string, unknown>;
interface Change {
  resource: string;
  record_id: number;
  kind: 'created' | 'changed' | 'gone' | 'returned';
  field: string | null;
  before: unknown;
  after: unknown;
}

const TABLES = { member: 'patreon_members', post: 'patreon_posts', tier: 'patreon_tiers' } as const;

/** What no change row tells of: our own bookkeeping. */
const UNTOLD = new Set(['read_seq', 'changed_at', 'gone_at', 'digest']);

/**
 * Takes every row back, change by change, to the day it was made, and compares it with the row that was made then.
 * Answers what does not fit, in words. Needs the births of the write log.
 */
export async function contradictionsInChanges(knex: Knex): Promise<string[]> {
  const found: string[] = [];
  const changes: Change[] = await knex('patreon_changes').orderBy('id');
  const births: { resource: string; record_id: number; row: Values }[] = await knex('trial_births');
  for (const [resource, table] of Object.entries(TABLES)) {
    const { rows } = await knex.raw(`select id, to_jsonb(t) as row from ${table} t`);
    for (const { id, row } of rows as { id: number; row: Values }[]) {
      const ofRow = changes.filter((one) => one.resource === resource && one.record_id === id);
      const birth = births.find((one) => one.resource === resource && one.record_id === id);
      for (const words of contradictions(row, birth?.row, ofRow)) found.push(`${resource} ${row.patreon_id}: ${words}`);
    }
  }
  return found;
}

function* contradictions(row: Values, birth: Values | undefined, changes: readonly Change[]): Generator<string> {
  if (birth === undefined) return yield 'nobody saw it being made';
  const [first, ...later] = changes;
  if (first?.kind !== 'created') return yield `its history begins with ${first?.kind ?? 'nothing'}`;
  const state = { ...row };
  let isGone = row.gone_at !== null;
  for (const { kind, field, before, after } of later.reverse()) {
    if (kind === 'created') yield 'it was made twice';
    if (kind === 'gone' || kind === 'returned') {
      if (isGone !== (kind === 'gone')) yield `it is ${kind} without having been anything else`;
      isGone = kind === 'returned';
    }
    if (kind !== 'changed' || field === null) continue;
    if (isSameValue(before, after)) yield `${field} changed from ${JSON.stringify(before)} to the same`;
    if (!isSameValue(state[field], after))
      yield `${field} was ${JSON.stringify(state[field])} when it is said to have become ${JSON.stringify(after)}`;
    state[field] = before;
  }
  if (isGone) yield 'it was gone when it was made';
  for (const [name, value] of Object.entries(birth))
    if (!UNTOLD.has(name) && !isSameValue(state[name], value))
      yield `undoing every change leaves ${name} ${JSON.stringify(state[name])}; it was made ${JSON.stringify(value)}`;
}
