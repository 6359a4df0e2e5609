import type { Knex } from 'knex';
import type { Page } from '../../patreon/client';
import type { ListResource, PassRequest } from './list-resource';
import { type ListTarget, nextReadSeq } from './read-stamps';
import { forgetSightings, noteBeginning, type Pass, sightedPages } from './sightings';
import type { SyncSession } from './sync-session';

/** What the pages of a pass add up to; committed with each page. */
export interface PassState {
  /** No page was refused, repeated or cut off. */
  whole: boolean;
  /** The total as Patreon stated it last, and the lowest and highest it stated on the way; null when it never did. */
  total: { last: number; least: number; most: number } | null;
  /** Records without a usable id, which cannot be sighted. */
  anonymous: number;
  /** Includes that some page came without. */
  omitted: string[];
  pages: number;
  /** Ids of all pages, counted again where they came again. */
  met: number;
  /** Different ids; known when the last page has been stored. */
  seen: number;
  /** Records that differ wait until the pass has been judged. */
  isStaged: boolean;
  /** How many were put there, those included that a later page took back. */
  staged: number;
  request: PassRequest;
  /** Ids that a single read met at the same moment: to be read again. */
  contested: string[];
}

export interface OpenPass extends Pass {
  /** Where the sequence of reads stood before the first page. */
  startSeq: number;
  /** Null: the first page, or none is left (`ended`). */
  cursor: string | null;
  ended: boolean;
  state: PassState;
}

/** Of a pass that has read nothing yet. */
export const freshState = (isStaged: boolean): PassState => ({
  whole: true,
  total: null,
  anonymous: 0,
  omitted: [],
  pages: 0,
  met: 0,
  seen: 0,
  isStaged,
  staged: 0,
  request: { count: null, omitted: [] },
  contested: [],
});

interface PartRow {
  phase: 'reading' | 'concluding' | 'applying';
  /** Of a pass that has ended; on the way its last page knows. */
  pass: PassState | null;
  pass_pages: number;
  start_seq: number | null;
}

/**
 * The pass that this run has under way over a list: as another process left it, or from its first page. What was left is
 * of use only with its sightings, which a crash of the database empties.
 */
export async function openPass<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
): Promise<OpenPass> {
  const pass: Pass = { runId: session.run.id, campaignId, resource: list.resource };
  const { knex } = session.context;
  const part: PartRow = await partRow(knex, pass).first('phase', 'pass', 'pass_pages', 'start_seq');
  if (part && part.start_seq !== null) {
    const { pages, last } = await sightedPages(knex, pass);
    const open = { ...pass, startSeq: part.start_seq };
    const isKnown = pages === part.pass_pages;
    const isReading = part.phase === 'reading';
    if (isKnown && isReading && last?.pass) {
      return { ...open, ...placeAfter(last.cursor, last.pass, part.pass), ended: false };
    }
    if (isKnown && !isReading && part.pass) return { ...open, cursor: null, state: part.pass, ended: true };
  }
  return beginPass(session, campaignId, list);
}

/** What was found contested since the last page, when staged records were applied, stands with the part. */
function placeAfter(
  cursor: string | null,
  state: PassState,
  since: Pick<PassState, 'contested'> | null,
): Pick<OpenPass, 'cursor' | 'state'> {
  return { cursor, state: { ...state, contested: [...new Set([...state.contested, ...(since?.contested ?? [])])] } };
}

/** Begins at the first page. What an attempt before created and updated stays counted, the rest begins anew. */
export async function beginPass<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
): Promise<OpenPass> {
  const pass: Pass = { runId: session.run.id, campaignId, resource: list.resource };
  const startSeq = await nextReadSeq(session.context);
  const state = await session.lease.write(async (trx) => {
    const begun = freshState(list.findDifferences !== undefined && (await wasReadBefore(trx, pass)));
    await forgetSightings(trx, pass);
    await noteBeginning(trx, pass, { startSeq, state: begun });
    for (const table of ['sync_quarantine', 'sync_staged_records', 'sync_departures']) {
      await trx(table).where({ run_id: pass.runId, campaign_id: campaignId, resource: list.resource }).delete();
    }
    await partRow(trx, pass).update({
      phase: 'reading',
      pass: null,
      pass_pages: 0,
      start_seq: startSeq,
      fetched: 0,
      unchanged: 0,
      quarantined: 0,
      staged: 0,
    });
    return begun;
  });
  return { ...pass, startSeq, cursor: null, ended: false, state };
}

/** A second pass that only confirms: when it is cut off it begins anew. */
export async function beginConfirmation(session: SyncSession, first: OpenPass): Promise<OpenPass> {
  const { runId, campaignId, resource } = first;
  const state = { ...freshState(first.state.isStaged), request: first.state.request };
  await session.lease.write((trx) =>
    trx('sync_sighted_pages')
      .where({ campaign_id: campaignId, resource: `${resource} again` })
      .delete(),
  );
  return { runId, campaignId, resource, confirming: true, startSeq: first.startSeq, cursor: null, ended: false, state };
}

/** What a single read met at the same moment as a page, or as a staged record waited: to be read again. */
export async function contestedIds(knex: Knex, pass: Pass): Promise<string[]> {
  const row = await partRow(knex, pass).first('pass');
  return (row?.pass as PassState | undefined)?.contested ?? [];
}

/** A mirror that no run before has begun to fill has nobody who could seem to leave: it is filled as the pages come. */
export async function wasReadBefore(
  trx: Knex,
  { runId, campaignId, resource }: ListTarget & { runId?: number },
): Promise<boolean> {
  const row = await trx('sync_run_resources')
    .where({ campaign_id: campaignId, resource })
    .where('pages', '>', 0)
    .modify((query) => {
      if (runId !== undefined) query.where('run_id', '<', runId);
    })
    .first('run_id');
  return row !== undefined;
}

export const partRow = (knex: Knex, { runId, campaignId, resource }: Pass) =>
  knex('sync_run_resources').where({ run_id: runId, campaign_id: campaignId, resource });

interface PageOutcome {
  cutShort: boolean;
  ids: readonly string[];
  staged: number;
  contested: Iterable<string>;
}

/** The state after one more page. */
export function afterPage<T extends { id: string }>(
  { state }: OpenPass,
  list: ListResource<T>,
  page: Page<T>,
  { cutShort, ids, staged, contested }: PageOutcome,
): PassState {
  const rejected = page.rejected.filter((r) => r.type === list.type);
  const { least = page.total, most = page.total } = state.total ?? {};
  return {
    ...state,
    whole: state.whole && !cutShort && rejected.length === 0,
    anonymous: state.anonymous + rejected.filter((r) => r.id === null).length,
    omitted: [...new Set([...state.omitted, ...page.omitted])],
    pages: state.pages + 1,
    met: state.met + ids.length,
    staged: state.staged + staged,
    contested: [...new Set([...state.contested, ...contested])],
    total:
      page.total === null
        ? state.total
        : {
            last: page.total,
            least: Math.min(least ?? page.total, page.total),
            most: Math.max(most ?? page.total, page.total),
          },
  };
}

export interface Completeness {
  /** Proven to be the whole list: only then may what it lacks be called gone. */
  complete: boolean;
  /** What the list was said to hold and did not: null unless that is more than coming and going explains. */
  shortfall: { total: number; seen: number } | null;
}

/** A pass is complete when it met as many ids as Patreon counts, and Patreon did not change its mind on the way. */
export function completenessOf({ whole, total, anonymous, seen }: PassState): Completeness {
  if (total === null) return { complete: false, shortfall: null };
  const allowed = allowance(total.most);
  const isSteady = total.most - total.least <= allowed;
  const short = total.most - seen - anonymous > allowed;
  return {
    complete: whole && isSteady && Math.abs(total.last - seen) <= allowed,
    shortfall: short ? { total: total.most, seen } : null,
  };
}

/** People come and go while pages are read: by so many may the total that Patreon reports be wrong. */
const allowance = (total: number) => Math.max(2, Math.ceil(total * 0.002));
