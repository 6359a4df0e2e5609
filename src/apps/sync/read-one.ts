import type { Knex } from 'knex';
import type { Context } from '../../context';
import type { SingleDocument } from '../../patreon/client';
import { PatreonError } from '../../patreon/patreon-error';
import type { RecordStore } from './list-resource';
import { type ListTarget, lockReads, type ReadInterval, stamped, stampSingleRead, standingOf } from './read-stamps';

/** What a single read came to. `older`: something newer is stored already. `unreadable`: the record is no good. */
export type ReadOutcome = 'created' | 'updated' | 'unchanged' | 'gone' | 'older' | 'unreadable';

export interface SingleRead<T extends { id: string }> {
  target: ListTarget & { patreonId: string };
  store: RecordStore<T>;
  /** May be repeated. @throws PatreonError */
  read(): Promise<SingleDocument<T>>;
  /** The transaction that stores the answer: a run's is fenced, and each says where its changes come from. */
  write<R>(work: (trx: Knex.Transaction) => Promise<R>): Promise<R>;
}

/** Each repetition begins after the reads that stood in the way of the one before, so more than two are hardly possible. */
const MAX_READS = 5;

/**
 * Reads one resource and stores what Patreon says of it, gone (404) included. Where another read of the same resource
 * overlapped it is read again: nobody can tell which of the two answers is newer. @throws PatreonError
 */
export async function readOne<T extends { id: string }>(context: Context, single: SingleRead<T>): Promise<ReadOutcome> {
  for (let reads = 1; ; reads += 1) {
    const answer = await stamped(context, () => answerOf(single));
    const outcome = await single.write(async (trx) => {
      await lockReads(trx, single.target);
      const standing = await standingOf(trx, single.target, answer);
      if (standing === 'overlapping' && reads < MAX_READS) return null;
      if (standing !== 'newest') return 'older';
      await stampSingleRead(trx, single.target, answer);
      return storeAnswer(trx, single, answer);
    });
    if (outcome !== null) return outcome;
  }
}

interface Answer<T> {
  /** Null: Patreon has no such resource. */
  document: SingleDocument<T> | null;
}

async function answerOf<T extends { id: string }>({ read }: SingleRead<T>): Promise<Answer<T>> {
  try {
    return { document: await read() };
  } catch (error) {
    if (error instanceof PatreonError && error.kind === 'not_found') return { document: null };
    throw error;
  }
}

async function storeAnswer<T extends { id: string }>(
  trx: Knex.Transaction,
  { store, target }: SingleRead<T>,
  { document, startSeq }: Answer<T> & ReadInterval,
): Promise<ReadOutcome> {
  if (document === null) return (await markOneGone(trx, store.table, target, startSeq)) ? 'gone' : 'unchanged';
  if (document.item === null) return 'unreadable';
  const { created, updated } = await store.store(trx, {
    items: [document.item],
    dropped: document.dropped,
    readSeq: startSeq,
  });
  return created > 0 ? 'created' : updated > 0 ? 'updated' : 'unchanged';
}

async function markOneGone(
  trx: Knex.Transaction,
  table: string,
  { campaignId, patreonId }: ListTarget & { patreonId: string },
  readSeq: number,
): Promise<boolean> {
  const isCampaign = table === 'patreon_campaigns';
  const marked = await trx(table)
    .where(isCampaign ? { id: campaignId } : { campaign_id: campaignId, patreon_id: patreonId })
    .whereNull('gone_at')
    .where('read_seq', '<', readSeq)
    .update({ gone_at: trx.fn.now(), changed_at: trx.fn.now(), read_seq: readSeq });
  return marked > 0;
}
