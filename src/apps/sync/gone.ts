import type { Knex } from 'knex';
import { failPoint } from '../../lib/fail-points';
import { PatreonError } from '../../patreon/patreon-error';
import { departuresOf, hold, isBeyondBelief } from './brake';
import { runListPass } from './list-pass';
import type { ListResource } from './list-resource';
import { beginConfirmation, completenessOf, type OpenPass } from './pass-state';
import { type ReadOutcome, readOne } from './read-one';
import { lockReads, nextReadSeq } from './read-stamps';
import { isRunOver } from './run-over';
import { type Candidates, markGone, missingRows } from './sightings';
import type { SyncSession } from './sync-session';

/** So many missing rows are each asked for by themselves; more are confirmed by reading the list a second time. */
const MAX_SINGLE_READS = 50;

/**
 * Judges a pass that has been read: holds it when it would take away too many, and marks as gone what a complete pass did
 * not meet once that is confirmed, each by a 404 of its own or by a second complete pass. Answers how many are missing
 * that could not be confirmed and so are kept. @throws PassHeldError
 */
export async function concludePass<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  pass: OpenPass,
): Promise<number> {
  const found = await judge(session, list, pass);
  if (!found || found.missing === 0) return 0;
  if (found.missing <= MAX_SINGLE_READS)
    return unlessRefused(session, found.missing, () => confirmEach(session, list, pass, found));
  const evidence = await unlessRefused(session, null, () => confirmByList(session, list, pass));
  // Whatever became of it, what it staged is judged with the rest.
  await judge(session, list, pass);
  if (evidence === null) return found.missing;
  await markMissing(session, list, pass, { ...found, readSeq: evidence });
  return 0;
}

/** What Patreon would not answer is not confirmed; that alone does not undo what the first pass has read. */
async function unlessRefused<R>(session: SyncSession, otherwise: R, confirm: () => Promise<R>): Promise<R> {
  try {
    return await confirm();
  } catch (error) {
    if (isRunOver(session, error) || !(error instanceof PatreonError)) throw error;
    session.context.log.warn({ err: error, runId: session.run.id }, 'what a list no longer names was not confirmed');
    return otherwise;
  }
}

/** Who is missing; null when the pass proves no absence. @throws PassHeldError */
async function judge<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  pass: OpenPass,
): Promise<Candidates | null> {
  const { knex } = session.context;
  const { complete } = completenessOf(pass.state);
  const missing = complete ? await missingRows(knex, list.table, pass, pass.startSeq, MAX_SINGLE_READS) : null;
  const departures = await departuresOf(knex, pass, list, missing);
  if (isBeyondBelief(departures)) await hold(session, pass, list, departures);
  return missing;
}

async function confirmEach<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  { campaignId }: OpenPass,
  { sample }: Candidates,
): Promise<number> {
  for (const id of sample) await readOneOf(session, list, campaignId, id);
  return 0;
}

/**
 * Reads the list a second time: who is met by either of the passes is there. Answers the place of the evidence (whoever
 * reads one of the missing after it has the later word), or null when the second pass was not whole.
 */
async function confirmByList<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  pass: OpenPass,
): Promise<number | null> {
  const evidence = await nextReadSeq(session.context);
  const second = await runListPass(session, list, await beginConfirmation(session, pass));
  await readContested(session, list, pass, second.state.contested);
  return completenessOf(second.state).complete ? evidence : null;
}

async function markMissing<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  pass: OpenPass,
  { missing, readSeq }: { missing: number; readSeq: number },
): Promise<void> {
  failPoint('gone.confirmed');
  await session.lease.write(async (trx) => {
    await lockReads(trx, pass);
    const gone = await markGone(trx, list.table, pass, { startSeq: pass.startSeq, readSeq });
    // Sightings do not survive a crash of the database; without them everybody would seem to be missing.
    if (gone > missing) throw new Error('The sightings of this pass were lost; nothing was marked as gone.');
    await session.addCounts(trx, pass.campaignId, list.resource, { gone });
    failPoint('gone.marked');
  });
}

/** Reads again what a single read met at the same moment as a page did: nobody can tell which of the two is newer. */
export async function readContested<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  { campaignId }: Pick<OpenPass, 'campaignId'>,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) await readOneOf(session, list, campaignId, id);
}

/** One after the other, under the same pace as everything else; counted with the part. */
export async function readOneOf<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  campaignId: number,
  patreonId: string,
): Promise<ReadOutcome | null> {
  const { resource } = list;
  failPoint('one.asked');
  try {
    return await readOne(session.context, {
      target: { campaignId, resource, patreonId },
      store: list,
      read: () => session.read((signal) => list.readOne(patreonId, signal)),
      write: (work) =>
        session.lease.write(async (trx) => {
          const outcome = await work(trx);
          await countOutcome(trx, session, { campaignId, resource }, outcome as ReadOutcome | null);
          failPoint('one.stored');
          return outcome;
        }),
    });
  } catch (error) {
    // What Patreon does not let us read, or has an id that cannot be asked for, stays; the others are asked all the same.
    if (error instanceof PatreonError && (error.kind === 'forbidden' || error.kind === 'invalid_request')) return null;
    throw error;
  }
}

async function countOutcome(
  trx: Knex.Transaction,
  session: SyncSession,
  { campaignId, resource }: Pick<OpenPass, 'campaignId' | 'resource'>,
  outcome: ReadOutcome | null,
): Promise<void> {
  if (outcome === 'created' || outcome === 'updated' || outcome === 'gone')
    await session.addCounts(trx, campaignId, resource, { [outcome]: 1 });
}
