import { PatreonError } from '../../patreon/patreon-error';
import { type ListResource, type PassResult, runListPass } from './list-pass';
import { markGone, missingRows, type Pass } from './sightings';
import type { SyncSession } from './sync-session';

/** So many missing rows are each asked for by themselves; more are confirmed by reading the list a second time. */
const MAX_SINGLE_READS = 50;

/** More than this share of the live rows is not believed. */
const brake = (live: number) => Math.max(20, Math.floor(live / 10));

/** What is missing is more than can be true by itself; nothing was marked. */
export class TooManyMissingError extends Error {
  constructor(
    readonly missing: number,
    readonly live: number,
  ) {
    super(
      `${missing} of ${live} are missing from Patreon's answer. That is too many to believe; nothing was marked as gone.`,
    );
    this.name = 'TooManyMissingError';
  }
}

/**
 * Marks as gone what a complete pass did not meet, once it is confirmed: each by a 404 of its own, or by a second complete
 * pass. Answers how many were marked. @throws TooManyMissingError
 */
export async function concludeGone<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
  first: PassResult,
  readOne: (patreonId: string, signal: AbortSignal) => Promise<unknown>,
): Promise<number> {
  if (!first.complete) return 0;
  const pass: Pass = { runId: session.lease.runId, campaignId, resource: list.resource };
  const find = () => missingRows(session.context.knex, list.table, pass, first.startSeq, MAX_SINGLE_READS);
  const found = await find();
  if (found.missing === 0) return 0;
  if (found.missing > brake(found.live)) throw new TooManyMissingError(found.missing, found.live);
  const few = found.missing <= MAX_SINGLE_READS;
  const confirmed = few ? await thoseNotFound(session, found.sample, readOne) : null;
  if (!few && !(await isWholeAgain(session, campaignId, list))) return 0;
  return session.lease.write(async (trx) => {
    const gone = await markGone(trx, list.table, pass, first.startSeq, confirmed);
    // Sightings do not survive a crash of the database; without them everybody would seem to be missing.
    if (gone > found.missing) throw new Error('The sightings of this pass were lost; nothing was marked as gone.');
    await session.addCounts(trx, campaignId, list.resource, { gone });
    return gone;
  });
}

/** Reads the list a second time: who is met by either of the passes is there. */
async function isWholeAgain<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
): Promise<boolean> {
  try {
    return (await runListPass(session, campaignId, list, { confirming: true })).complete;
  } catch (error) {
    if (error instanceof PatreonError && error.kind === 'cursor_expired') return false;
    throw error;
  }
}

async function thoseNotFound(
  session: SyncSession,
  patreonIds: readonly string[],
  readOne: (patreonId: string, signal: AbortSignal) => Promise<unknown>,
): Promise<string[]> {
  const notFound: string[] = [];
  // One after the other on purpose: at most 50 reads, under the same pace as everything else.
  for (const id of patreonIds) {
    try {
      await session.read((signal) => readOne(id, signal));
    } catch (error) {
      if (!(error instanceof PatreonError)) throw error;
      if (error.kind === 'not_found') notFound.push(id);
      // What Patreon does not let us read, or has an id that cannot be asked for, stays; the others are asked all the same.
      else if (error.kind !== 'forbidden' && error.kind !== 'invalid_request') throw error;
    }
  }
  return notFound;
}
