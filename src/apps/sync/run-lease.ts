import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Context } from '../../context';

/** The run belongs to another process now, or has ended: whatever this one still holds must not be written. */
export class LeaseLostError extends Error {
  constructor(runId: number) {
    super(`Sync run ${runId} is no longer ours`);
    this.name = 'LeaseLostError';
  }
}

/** Somebody asked for the run to stop. */
export class RunCancelledError extends Error {
  constructor(runId: number) {
    super(`Sync run ${runId} was cancelled`);
    this.name = 'RunCancelledError';
  }
}

export interface WriteOptions {
  /** Were the database server to die within a moment, the work may be lost as a whole, and be done again. */
  mayBeLost?: boolean;
}

export interface RunLease {
  runId: number;
  epoch: number;
  /** Aborted when the lease is lost or somebody asked for the run to stop; its reason says which. */
  signal: AbortSignal;
  /** Requests to Patreon since the run was queued, by whoever held it; written down with the next write and at the end. */
  requests: number;
  /**
   * A transaction that commits only while the run is ours: the fencing token is checked by the same transaction that
   * writes, and the row is locked against a takeover until it has committed.
   * @throws LeaseLostError, RunCancelledError
   */
  write<T>(work: (trx: Knex.Transaction) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** Says on the run until when requests are held; the next write takes it back. */
  noteWaiting(until: Date): void;
  stop(): void;
}

/**
 * Takes a run that is queued, or whose process has died (its lease ran out). Null when somebody else has it.
 * A heartbeat keeps the lease until `stop`.
 */
export async function claimRun(context: Context, runId: number): Promise<RunLease | null> {
  const { knex, config } = context;
  const owner = randomUUID();
  const { rows } = await knex.raw(
    `update sync_runs set state = 'running', epoch = epoch + 1, lease_owner = :owner, waiting_until = null,
            lease_until = now() + make_interval(secs => :seconds), started_at = coalesce(started_at, now())
      where id = :runId and (state = 'queued' or (state = 'running' and lease_until < now()))
      returning epoch, requests`,
    { runId, owner, seconds: config.sync.leaseSeconds },
  );
  if (rows.length === 0) return null;
  return holdLease(context, { runId, ...(rows[0] as { epoch: number; requests: number }) });
}

type Claim = Pick<RunLease, 'runId' | 'epoch' | 'requests'>;

function holdLease({ knex, config, log }: Context, claim: Claim): RunLease {
  const { runId, epoch } = claim;
  const ended = new AbortController();
  const seconds = config.sync.leaseSeconds;
  // A run that waits for Patreon writes nothing for minutes: the heartbeat hears of its cancellation as well.
  const beat = async () => {
    const { rows } = await knex.raw(
      `update sync_runs set lease_until = now() + make_interval(secs => :seconds)
        where id = :runId and epoch = :epoch and state = 'running'
        returning cancel_requested_at is not null as cancelled`,
      { runId, epoch, seconds },
    );
    const [row] = rows as { cancelled: boolean }[];
    if (!row) ended.abort(new LeaseLostError(runId));
    else if (row.cancelled) ended.abort(new RunCancelledError(runId));
  };
  const timer = setInterval(
    () => {
      beat().catch((err) => log.warn({ err, runId }, 'the heartbeat of a sync run failed'));
    },
    (seconds * 1000) / 3,
  );
  const lease: RunLease = {
    ...claim,
    signal: ended.signal,
    write: (work, options = {}) =>
      knex.transaction(async (trx) => {
        await fence(trx, lease, options);
        return work(trx);
      }),
    noteWaiting(until) {
      knex('sync_runs')
        .where({ id: runId, epoch, state: 'running' })
        .update({ waiting_until: until.toISOString() })
        .catch((err) => log.warn({ err, runId }, 'a wait was not noted'));
    },
    stop: () => clearInterval(timer),
  };
  return lease;
}

/**
 * Change rows name the run that is told here. Counting the requests here, and not by statements of their own, keeps them
 * from waiting for the row that this locks.
 */
async function fence(
  trx: Knex.Transaction,
  { runId, epoch, requests }: Claim,
  { mayBeLost = false }: WriteOptions,
): Promise<void> {
  const { rows } = await trx.raw(
    `update sync_runs set requests = :requests, waiting_until = null
      where id = :runId and epoch = :epoch and state = 'running'
      returning cancel_requested_at is not null as cancelled, set_config('patrondesk.run_id', id::text, true)
                ${mayBeLost ? ", set_config('synchronous_commit', 'off', true)" : ''}`,
    { runId, epoch, requests },
  );
  const [row] = rows as { cancelled: boolean }[];
  if (!row) throw new LeaseLostError(runId);
  if (row.cancelled) throw new RunCancelledError(runId);
}
