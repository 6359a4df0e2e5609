import type { Knex } from 'knex';
import { failPoint } from '../../lib/fail-points';
import type { PageHead, RejectedRecord } from '../../patreon/client';
import type { ListResource, PassRequest, StampedPage } from './list-resource';
import { afterPage, type OpenPass } from './pass-state';
import { lockReads, stamped } from './read-stamps';
import { countSightings, hasMetAll, keepPlace, recordSightings } from './sightings';
import { stageDifferences, unstage } from './staging';
import { supersedeHeld } from './supersede';
import type { Resource } from './sync-run.model';
import type { SyncSession } from './sync-session';

/** More pages than any real list has: a server that answers for ever must not keep us for ever. */
const MAX_PAGES = 20_000;

/**
 * Reads a list to its last page, from where the pass stands: while one page is written the next is made ready and the two
 * after it are asked for, never more. Page, sightings, counts and cursor are committed together. Ends also when a cursor or
 * a whole page comes again, which proves nothing. Answers the pass as it stands then.
 */
export async function runListPass<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  pass: OpenPass,
): Promise<OpenPass> {
  if (pass.ended) return pass;
  const cursors = new Set<string>(pass.cursor === null ? [] : [pass.cursor]);
  const ask = (cursor: string | null, request: PassRequest) =>
    askPage(session, list, pass, { cursor, request, cursors });
  let stored = Promise.resolve(pass);
  try {
    let asked: AskedPage<T> | null = ask(pass.cursor, pass.state.request);
    while (asked) {
      const following: AskedPage<T> | null = await asked.next(ask);
      // The one after it is asked for as soon as its answer tells where that is.
      if (following) void quietly(following.next(ask));
      const page: StampedPage<T> = await asked.page;
      failPoint('page.fetched');
      const before = await stored;
      if (before.ended) break;
      const { request } = await asked.answered;
      const state = { ...before.state, request };
      stored = quietly(storePage(session, list, { ...before, state }, page, following !== null));
      asked = following;
    }
    return await stored;
  } finally {
    // Whatever went wrong with a page that was asked for, nothing is still being written when the part ends.
    await stored.catch(() => undefined);
  }
}

interface Answered {
  head: PageHead;
  /** How to ask for the page after it. */
  request: PassRequest;
}

type Ask<T> = (cursor: string | null, request: PassRequest) => AskedPage<T>;

interface AskedPage<T> {
  /** As soon as its answer is here. */
  answered: Promise<Answered>;
  /** When its records are ready to be stored. */
  page: Promise<StampedPage<T>>;
  /** The page after it, asked for once this one is answered; null when it is the last or the list goes round. */
  next(ask: Ask<T>): Promise<AskedPage<T> | null>;
}

interface PageToAsk {
  cursor: string | null;
  request: PassRequest;
  /** Of all pages of the pass so far. */
  cursors: Set<string>;
}

function askPage<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  { state }: OpenPass,
  { cursor, request, cursors }: PageToAsk,
): AskedPage<T> {
  failPoint('page.asked');
  let page: Promise<StampedPage<T>> | undefined;
  const answered = new Promise<Answered>((resolve, reject) => {
    const onHead = (head: PageHead) => resolve({ head, request: list.requestAfter(head, request) });
    // While pages are stored as they come, what is stored may change between this look and the page's own turn.
    const options = { skipsUnchanged: state.isStaged };
    page = session.read((signal) =>
      stamped(session.context, () => list.fetch({ cursor, signal, onHead }, request, options)),
    );
    page.catch(reject);
  });
  let next: Promise<AskedPage<T> | null> | undefined;
  return {
    answered: quietly(answered),
    page: quietly(page as Promise<StampedPage<T>>),
    next: (ask) => (next ??= askNext(answered, ask, cursors)),
  };
}

async function askNext<T>(
  answered: Promise<Answered>,
  ask: Ask<T>,
  cursors: Set<string>,
): Promise<AskedPage<T> | null> {
  const { head, request } = await answered;
  const { nextCursor, size } = head;
  if (nextCursor === null || size === 0 || cursors.has(nextCursor) || cursors.size >= MAX_PAGES) return null;
  cursors.add(nextCursor);
  return ask(nextCursor, request);
}

/** Its failure is handled when it is awaited; until then it must not count as unhandled. */
function quietly<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => undefined);
  return promise;
}

/** One transaction: the page, who was met, what is told of it, and where to go on. */
async function storePage<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  pass: OpenPass,
  page: StampedPage<T>,
  goesOn: boolean,
): Promise<OpenPass> {
  const ids = idsOf(list, page);
  const after = await session.lease.write(
    async (trx) => {
      await lockReads(trx, pass);
      const isRepeat = await bringsNothingNew(trx, pass, page, ids);
      const contested = await recordSightings(trx, pass, { ...page, page: pass.state.pages + 1 }, ids);
      const isFree = (id: string) => !contested.older.has(id) && !contested.overlapping.has(id);
      const items = page.items.filter(({ id }) => isFree(id));
      const records = { items, dropped: page.dropped, readSeq: page.startSeq };
      if (pass.state.isStaged && (pass.confirming || pass.state.staged > 0)) await unstage(trx, pass, ids);
      const counts = pass.state.isStaged
        ? await stageDifferences(session.context, trx, list, pass, { ...records, endSeq: page.endSeq })
        : { staged: 0, ...(await list.store(trx, { ...records, fill: list.findDifferences !== undefined })) };
      if (!pass.confirming && pass.state.pages === 0) await supersedeHeld(trx, pass);
      if (!pass.confirming) await quarantine(trx, session, pass.campaignId, list.resource, page.rejected);
      const ended = !goesOn || isRepeat;
      const cutShort = isRepeat || (page.nextCursor !== null && !goesOn);
      const { staged } = counts;
      const state = afterPage(pass, list, page, { cutShort, ids, staged, contested: contested.overlapping });
      if (ended) state.seen = await countSightings(trx, pass);
      const cursor = ended ? null : page.nextCursor;
      const stored: OpenPass = { ...pass, cursor, ended, state };
      if (!pass.confirming && !ended) await keepPlace(trx, pass, { cursor, state });
      await savePage(trx, session, stored, page, { ...counts, contested: page.items.length - items.length });
      failPoint('page.stored');
      return stored;
      // Page and cursor are one commit: both are lost together, and the page is read again.
    },
    { mayBeLost: true },
  );
  failPoint('page.committed');
  return after;
}

/**
 * Whether a pass has met all of a page before: a list that goes round in circles with ever new cursors. Looked at when the
 * pages hold more than the list is said to, which takes a list no more pages than it has.
 */
async function bringsNothingNew<T>(
  trx: Knex.Transaction,
  pass: OpenPass,
  page: StampedPage<T>,
  ids: readonly string[],
): Promise<boolean> {
  const total = page.total ?? pass.state.total?.last ?? 0;
  if (ids.length === 0 || pass.state.met + ids.length <= total) return false;
  return hasMetAll(trx, pass, ids);
}

function idsOf<T extends { id: string }>(list: ListResource<T>, page: StampedPage<T>): string[] {
  const rejected = page.rejected.flatMap((r) => (r.type === list.type && r.id !== null ? [r.id] : []));
  return [...new Set([...page.items.map((i) => i.id), ...page.unchangedIds, ...rejected])];
}

/**
 * Counts a page and notes where to go on. What the first pass counted is not counted twice by its confirmation, but what
 * changed meanwhile is; a confirmation that is cut off begins anew, so its place need not be known.
 */
async function savePage<T>(
  trx: Knex.Transaction,
  session: SyncSession,
  { campaignId, resource, confirming, ended, state }: OpenPass,
  page: StampedPage<T>,
  counts: { created: number; updated: number; unchanged: number; staged: number; contested: number },
): Promise<void> {
  const { created, updated, staged } = counts;
  const skipped = page.unchangedIds.length;
  const first = {
    fetched: page.items.length + skipped,
    unchanged: counts.unchanged + counts.contested + skipped,
    quarantined: page.rejected.length,
    reported_total: page.total,
  };
  const place = ended ? { pass: JSON.stringify(state), phase: 'concluding' } : {};
  await session.addCounts(
    trx,
    campaignId,
    resource,
    { pages: 1, created, updated, staged, ...(confirming ? {} : { ...first, pass_pages: 1 }) },
    { end_seq: page.endSeq, ...(confirming ? {} : place) },
  );
}

/** So many bad records of a part are kept in their raw form; all are counted. */
const RECORDS_KEPT = 200;

export async function quarantine(
  trx: Knex.Transaction,
  session: SyncSession,
  campaignId: number,
  resource: Resource,
  rejected: readonly RejectedRecord[],
): Promise<void> {
  if (rejected.length === 0) return;
  const records = rejected.map((r) => ({
    patreon_id: r.id,
    reason: `${r.type}: ${r.reason}`,
    // Postal addresses are kept encrypted or not at all.
    raw: JSON.stringify(r.type === 'address' ? { id: r.id, type: r.type } : r.raw),
  }));
  // A page has few members but may have tens of thousands of events: as one value, for parameters are limited.
  await trx.raw(
    `insert into sync_quarantine (run_id, campaign_id, resource, patreon_id, reason, raw)
     select :runId, :campaignId, :resource, r.patreon_id, r.reason, r.raw
       from json_to_recordset(:records::json) as r(patreon_id text, reason text, raw text)
      limit greatest(0, :kept - (select count(*) from sync_quarantine
                                  where run_id = :runId and campaign_id = :campaignId and resource = :resource))`,
    { kept: RECORDS_KEPT, runId: session.run.id, campaignId, resource, records: JSON.stringify(records) },
  );
}
