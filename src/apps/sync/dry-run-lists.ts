import type { Knex } from 'knex';
import type { Difference, Row } from '../../db/upsert-many';
import type { Page, PageOptions } from '../../patreon/client';
import { isBeyondBelief, PassHeldError } from './brake';
import { compareRows } from './dry-run-rows';
import { findDepartures } from './member-store';
import { completenessOf, freshState, type PassState, wasReadBefore } from './pass-state';
import type { ResourceReport } from './sync-report';

const MAX_PAGES = 20_000;
export const RECORD_KEY = ['campaign_id', 'patreon_id'] as const;

/** A list of one campaign, and how its records become rows. */
export interface ComparedList<T extends { id: string }> {
  resource: 'members' | 'posts';
  type: 'member' | 'post';
  table: string;
  /** Our row id of the campaign. */
  campaignId: number;
  fetch(page: PageOptions): Promise<Page<T>>;
  toRow(item: T, dropped: Page<T>['dropped']): Row;
  /** Which of these a run would pass over, because they were deleted here. */
  ignored?(patreonIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface ListComparison {
  report: ResourceReport;
  /** The first records that differ, as many as were asked for. */
  differences: Difference[];
  /** Why a run would wait for the owner; null when it would not. */
  held: string | null;
}

/** A list to its end, as a run reads it: a cursor that comes again ends it as well. */
export async function* pagesOf<T>(
  fetch: (page: PageOptions) => Promise<Page<T>>,
  signal: AbortSignal,
): AsyncGenerator<Page<T>> {
  const cursors = new Set<string>();
  let cursor: string | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page: Page<T> = await fetch({ cursor, signal });
    yield page;
    cursor = page.nextCursor;
    if (cursor === null || cursors.has(cursor) || page.items.length === 0) return;
    cursors.add(cursor);
  }
}

/** Reads a list to its end and tells what a run would make of it, the brake included; writes nothing but its sightings. */
export async function compareList<T extends { id: string }>(
  trx: Knex.Transaction,
  list: ComparedList<T>,
  { signal, samples }: { signal: AbortSignal; samples: number },
): Promise<ListComparison> {
  const report: ResourceReport = {
    fetched: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    gone: 0,
    quarantined: 0,
    waiting: 0,
  };
  const differences: Difference[] = [];
  const mayDepart = list.resource === 'members' && (await wasReadBefore(trx, list));
  let state = freshState(false);
  let notPaying = 0;
  await trx.raw('truncate dry_run_sightings');
  for await (const page of pagesOf(list.fetch, signal)) {
    const ignored = await list.ignored?.(page.items.map(({ id }) => id));
    const items = page.items.filter(({ id }) => !ignored?.has(id));
    const rows = items.map((item) => list.toRow(item, page.dropped));
    const compared = await compareRows(trx, { table: list.table, key: RECORD_KEY }, rows);
    for (const name of ['fetched', 'created', 'updated', 'unchanged'] as const) report[name] += compared.report[name];
    report.fetched += page.items.length - items.length;
    report.unchanged += page.items.length - items.length;
    report.quarantined += page.rejected.length;
    const changed = compared.differences.filter(({ isNew }) => !isNew).map(({ row }) => row);
    if (mayDepart) notPaying += (await findDepartures(trx, list.campaignId, changed)).length;
    differences.push(...compared.differences.slice(0, samples - differences.length));
    state = await noteSightings(trx, list, page, state);
  }
  const { live, missing, seen } = await countMissing(trx, list);
  const gone = completenessOf({ ...state, seen }).complete ? missing : 0;
  const departures = { live, gone, notPaying };
  const held = isBeyondBelief(departures) ? new PassHeldError(list.resource, departures).message : null;
  return { report: { ...report, gone }, differences, held };
}

/** Notes whom a page has met; answers what the pages add up to. */
async function noteSightings<T extends { id: string }>(
  trx: Knex.Transaction,
  { type }: ComparedList<T>,
  page: Page<T>,
  state: PassState,
): Promise<PassState> {
  const rejected = page.rejected.filter((record) => record.type === type);
  const named = rejected.flatMap(({ id }) => id ?? []);
  const { rows } = await trx.raw(
    `with met as (insert into dry_run_sightings select distinct unnest(?::text[]) on conflict do nothing returning 1)
     select count(*) as new_ids from met`,
    [[...page.items.map(({ id }) => id), ...named]],
  );
  const isRepeated = page.items.length > 0 && Number((rows[0] as { new_ids: number }).new_ids) === 0;
  const { total } = page;
  const { least, most } = state.total ?? { least: total ?? 0, most: total ?? 0 };
  return {
    ...state,
    whole: state.whole && rejected.length === 0 && !isRepeated,
    anonymous: state.anonymous + rejected.length - named.length,
    total: total === null ? state.total : { last: total, least: Math.min(least, total), most: Math.max(most, total) },
  };
}

async function countMissing(trx: Knex.Transaction, { table, campaignId }: { table: string; campaignId: number }) {
  const { rows } = await trx.raw(
    `select (select count(*) from "${table}" where campaign_id = :campaignId and gone_at is null) as live,
            (select count(*) from dry_run_sightings) as seen,
            (select count(*) from (select patreon_id from "${table}" where campaign_id = :campaignId and gone_at is null
                                   except select patreon_id from dry_run_sightings) as missing) as missing`,
    { campaignId },
  );
  return rows[0] as { live: number; missing: number; seen: number };
}
