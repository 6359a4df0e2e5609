import type { Knex } from 'knex';
import type { UpsertCounts } from '../../db/upsert-many';
import type { Page, PageOptions, RejectedRecord } from '../../patreon/client';
import { countSightings, type Pass, recordSightings } from './sightings';
import type { Resource } from './sync-run.model';
import type { SyncSession } from './sync-session';

export interface StoredPage<T> extends Page<T> {
  readSeq: number;
}

/** One list of one campaign: how a page is asked for, and how it is stored inside the page's transaction. */
export interface ListResource<T extends { id: string }> {
  resource: Resource;
  type: string;
  table: string;
  fetch(page: PageOptions): Promise<Page<T>>;
  store(trx: Knex.Transaction, page: StoredPage<T>): Promise<UpsertCounts>;
}

export interface PassResult {
  /** Proven to be the whole list: only then may what it lacks be called gone. */
  complete: boolean;
  /** Where the sequence of reads stood before the first page. */
  startSeq: number;
  /** What the list was said to hold and did not: null unless that is more than coming and going explains. */
  shortfall: { total: number; seen: number } | null;
  /** Includes that some page came without. */
  omitted: string[];
}

/** What the pages of a pass add up to. */
interface Tally {
  /** No page was refused, repeated or cut off. */
  whole: boolean;
  /** The total as Patreon stated it last, and the lowest and highest it stated on the way; null when it never did. */
  total: { last: number; least: number; most: number } | null;
  /** Records without a usable id, which cannot be sighted. */
  anonymous: number;
  omitted: Set<string>;
}

/** More pages than any real list has: a server that answers for ever must not keep us for ever. */
const MAX_PAGES = 20_000;

/**
 * Reads a list from its first page to its last. The next page is asked for while the last is written; page, sightings
 * and counts are committed together. `confirming`: a second pass after a complete one. Ends also when a cursor or a
 * whole page comes again, which proves nothing.
 */
export async function runListPass<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
  { confirming = false } = {},
): Promise<PassResult> {
  const cursors = new Set<string>();
  const startSeq = await session.nextReadSeq();
  const pass: Pass = { runId: session.lease.runId, campaignId, resource: list.resource, confirming };
  const tally: Tally = { whole: true, total: null, anonymous: 0, omitted: new Set() };
  let next: Promise<StoredPage<T>> | null = fetchPage(session, list, null);
  for (let pages = 1; next; pages += 1) {
    const page: StoredPage<T> = await next;
    const { nextCursor } = page;
    const repeats = nextCursor !== null && (cursors.has(nextCursor) || pages >= MAX_PAGES);
    const goesOn = nextCursor !== null && page.items.length + page.rejected.length > 0 && !repeats;
    if (nextCursor !== null) cursors.add(nextCursor);
    next = goesOn ? fetchPage(session, list, nextCursor) : null;
    // Its failure is handled when it is awaited; until then it must not count as unhandled.
    next?.catch(() => undefined);
    const newIds = await storePage(session, pass, list, page);
    const onlyOldIds = page.items.length > 0 && newIds === 0;
    if (onlyOldIds) next = null;
    addPage(tally, list, page, { cutShort: onlyOldIds || (nextCursor !== null && !goesOn) });
  }
  return { ...judge(tally, await countSightings(session.context.knex, pass)), startSeq, omitted: [...tally.omitted] };
}

function addPage<T extends { id: string }>(
  tally: Tally,
  list: ListResource<T>,
  page: Page<T>,
  { cutShort }: { cutShort: boolean },
): void {
  const rejected = page.rejected.filter((r) => r.type === list.type);
  tally.whole &&= !cutShort && rejected.length === 0;
  tally.anonymous += rejected.filter((r) => r.id === null).length;
  for (const name of page.omitted) tally.omitted.add(name);
  if (page.total === null) return;
  const { least = page.total, most = page.total } = tally.total ?? {};
  tally.total = { last: page.total, least: Math.min(least, page.total), most: Math.max(most, page.total) };
}

/** A pass is complete when it met as many ids as Patreon counts, and Patreon did not change its mind on the way. */
function judge({ whole, total, anonymous }: Tally, seen: number): Pick<PassResult, 'complete' | 'shortfall'> {
  if (total === null) return { complete: false, shortfall: null };
  const allowed = allowance(total.most);
  const isSteady = total.most - total.least <= allowed;
  const short = total.last - seen - anonymous > allowed;
  return {
    complete: whole && isSteady && Math.abs(total.last - seen) <= allowed,
    shortfall: short ? { total: total.last, seen } : null,
  };
}

async function fetchPage<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  cursor: string | null,
): Promise<StoredPage<T>> {
  return session.read(async (signal) => {
    const readSeq = await session.nextReadSeq();
    return { ...(await list.fetch({ cursor, signal })), readSeq };
  });
}

/** Answers how many ids of the page had not been met before in this pass. */
async function storePage<T extends { id: string }>(
  session: SyncSession,
  pass: Pass,
  list: ListResource<T>,
  page: StoredPage<T>,
): Promise<number> {
  const { campaignId, confirming } = pass;
  const rejected = page.rejected;
  const ids = [
    ...page.items.map((i) => i.id),
    ...rejected.filter((r) => r.type === list.type && r.id !== null).map((r) => r.id as string),
  ];
  return session.lease.write(async (trx) => {
    const counts = await list.store(trx, page);
    const newIds = await recordSightings(trx, pass, ids);
    if (!confirming) await quarantine(trx, session, campaignId, list.resource, rejected);
    // What the first pass counted is not counted twice; what changed meanwhile is.
    const { created, updated } = counts;
    await session.addCounts(trx, campaignId, list.resource, {
      pages: 1,
      ...(confirming
        ? { created, updated }
        : { ...counts, fetched: page.items.length, quarantined: rejected.length, reported_total: page.total }),
    });
    return newIds;
  });
}

export async function quarantine(
  trx: Knex.Transaction,
  session: SyncSession,
  campaignId: number,
  resource: Resource,
  rejected: readonly RejectedRecord[],
): Promise<void> {
  if (rejected.length === 0) return;
  await trx('sync_quarantine').insert(
    rejected.map((r) => ({
      run_id: session.lease.runId,
      campaign_id: campaignId,
      resource,
      patreon_id: r.id,
      reason: `${r.type}: ${r.reason}`,
      // Postal addresses are kept encrypted or not at all.
      raw: JSON.stringify(r.type === 'address' ? { id: r.id, type: r.type } : r.raw),
    })),
  );
}

/** People come and go while pages are read: by so many may the total that Patreon reports be wrong. */
const allowance = (total: number) => Math.max(2, Math.ceil(total * 0.002));
