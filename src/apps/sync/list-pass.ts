import type { Knex } from 'knex';
import type { UpsertCounts } from '../../db/upsert-many';
import type { DroppedName, Page, PageOptions, RejectedRecord } from '../../patreon/client';
import { recordSightings } from './sightings';
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
  dropped: DroppedName[];
}

/** More pages than any real list has: a server that answers for ever must not keep us for ever. */
const MAX_PAGES = 20_000;

/**
 * Reads a list from its first page to its last. The next page is asked for while the last is written; page, sightings
 * and counts are committed together. `confirming`: a second pass over the same sightings. Ends also when a cursor or a whole page comes again, which proves nothing.
 */
export async function runListPass<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
  { confirming = false } = {},
): Promise<PassResult> {
  const cursors = new Set<string>();
  const startSeq = await session.nextReadSeq();
  let proof = { whole: true, total: null as number | null };
  let next: Promise<StoredPage<T>> | null = fetchPage(session, list, null);
  let dropped: DroppedName[] = [];
  for (let pages = 1; next; pages += 1) {
    const page: StoredPage<T> = await next;
    const { nextCursor } = page;
    const repeats = nextCursor !== null && (cursors.has(nextCursor) || pages >= MAX_PAGES);
    const goesOn = nextCursor !== null && page.items.length + page.rejected.length > 0 && !repeats;
    if (nextCursor !== null) cursors.add(nextCursor);
    next = goesOn ? fetchPage(session, list, nextCursor) : null;
    // Its failure is handled when it is awaited; until then it must not count as unhandled.
    next?.catch(() => undefined);
    const newIds = await storePage(session, campaignId, list, page, confirming);
    // A second pass meets known ids by design.
    const onlyOldIds = !confirming && page.items.length > 0 && newIds === 0;
    proof = {
      whole:
        proof.whole &&
        !(nextCursor !== null && !goesOn) &&
        !onlyOldIds &&
        !page.rejected.some((r) => r.type === list.type),
      total: page.total ?? proof.total,
    };
    dropped = page.dropped;
    if (onlyOldIds) next = null;
  }
  return {
    complete: proof.whole && (await coversTotal(session, campaignId, list.resource, proof.total)),
    startSeq,
    dropped,
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
  campaignId: number,
  list: ListResource<T>,
  page: StoredPage<T>,
  confirming: boolean,
): Promise<number> {
  const rejected = page.rejected;
  const ids = [
    ...page.items.map((i) => i.id),
    ...rejected.filter((r) => r.type === list.type && r.id !== null).map((r) => r.id as string),
  ];
  return session.lease.write(async (trx) => {
    const counts = await list.store(trx, page);
    const newIds = await recordSightings(trx, { runId: session.lease.runId, campaignId, resource: list.resource }, ids);
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
      raw: JSON.stringify(r.raw),
    })),
  );
}

/** People come and go while pages are read: so many may be missing from the total that Patreon reported. */
const allowance = (total: number) => Math.max(2, Math.ceil(total * 0.002));

async function coversTotal(
  session: SyncSession,
  campaignId: number,
  resource: Resource,
  total: number | null,
): Promise<boolean> {
  if (total === null) return false;
  const { rows } = await session.context.knex.raw(
    'select count(*) as seen from sync_sightings where run_id = ? and campaign_id = ? and resource = ?',
    [session.lease.runId, campaignId, resource],
  );
  return (rows[0] as { seen: number }).seen >= total - allowance(total);
}
