import type { Knex } from 'knex';

/** One state of the database, read in as many queries as it takes. */
export interface Snapshot {
  trx: Knex.Transaction;
  /** The rows of a query, a batch at a time: no more than one batch is ever held. */
  batches<R>(query: Knex.QueryBuilder, size: number): AsyncGenerator<R[]>;
}

/** A batch may take its time, and so may its reader, but nobody holds a connection for ever. */
const LIMIT = '5min';

/**
 * Gives `work` a snapshot for as long as it runs. When the signal aborts, the statement under way is cancelled in the
 * database as well. @throws the signal's reason, or what `work` throws
 */
export async function readSnapshot<T>(
  knex: Knex,
  signal: AbortSignal,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  return knex.transaction(
    async (trx) => {
      await trx.raw(
        `set local idle_in_transaction_session_timeout = '${LIMIT}'; set local statement_timeout = '${LIMIT}'`,
      );
      const { rows } = await trx.raw('select pg_backend_pid() as pid');
      let cancelled: Promise<unknown> = Promise.resolve();
      const cancel = () => {
        cancelled = knex.raw('select pg_cancel_backend(?)', [rows[0].pid]).catch(() => undefined);
      };
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return await work({ trx, batches: (query, size) => batches(trx, query, size, signal) });
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      } finally {
        signal.removeEventListener('abort', cancel);
        // It must not reach the connection when somebody else has it.
        await cancelled;
      }
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

async function* batches<R>(
  trx: Knex.Transaction,
  query: Knex.QueryBuilder,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<R[]> {
  await trx.raw('declare batches no scroll cursor for ?', [query]);
  for (;;) {
    signal.throwIfAborted();
    const { rows }: { rows: R[] } = await trx.raw(`fetch ${Number(size)} from batches`);
    if (rows.length > 0) yield rows;
    if (rows.length < size) break;
  }
  await trx.raw('close batches');
}
