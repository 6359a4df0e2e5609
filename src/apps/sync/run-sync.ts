import type { Context } from '../../context';
import { patreonClientFor } from '../connections/patreon-client.service';
import { describeFailure } from './failure-words';
import { claimRun, LeaseLostError, RunCancelledError, type RunLease } from './run-lease';
import { forgetSightings } from './sightings';
import { syncCredential } from './sync-credential';
import { SyncRun, type SyncRunError, SyncRunResource, type SyncRunState } from './sync-run.model';
import { enqueueRun } from './sync-runs.service';
import { SyncSession } from './sync-session';

export type RunOutcome = SyncRunState | 'not_ours';

/**
 * Executes a run: the one engine behind schedule, command, button and connection. Whoever claims the run executes it;
 * for anybody else this does nothing (`not_ours`). A process that is asked to stop gives the run back to the queue.
 */
export async function runSync(context: Context, runId: number, stop: AbortSignal): Promise<RunOutcome> {
  const lease = await claimRun(context, runId);
  if (!lease) return 'not_ours';
  const signal = AbortSignal.any([stop, lease.signal]);
  try {
    await startOver(context, lease);
    return await finish(context, lease, await syncAll(context, lease, signal));
  } catch (error) {
    return await endEarly(context, lease, error, stop);
  } finally {
    lease.stop();
  }
}

/** A run that lost its process begins again from the first page: what it stored stays, its counts do not. */
async function startOver(context: Context, lease: RunLease): Promise<void> {
  await lease.write(async (trx) => {
    await trx('sync_run_resources').where({ run_id: lease.runId }).delete();
    await trx('sync_quarantine').where({ run_id: lease.runId }).delete();
  });
  await forgetSightings(context.knex, lease.runId);
}

interface Outcome {
  errors: SyncRunError[];
  /** Something waits for a person to decide. */
  held: boolean;
}

/** One connection that cannot be read does not keep the others from it. */
async function syncAll(context: Context, lease: RunLease, signal: AbortSignal): Promise<Outcome> {
  const run = (await SyncRun.query().findById(lease.runId)) as SyncRun;
  const outcome: Outcome = { errors: [], held: false };
  for (const credentialId of await SyncRun.credentialIds(run.id)) {
    try {
      const session = await openSession(context, { run, lease, credentialId, signal }, outcome);
      outcome.errors.push(...(await syncCredential(session)));
      outcome.held ||= session.held;
    } catch (error) {
      if (error instanceof LeaseLostError || error instanceof RunCancelledError || signal.aborted) throw error;
      context.log.error({ err: error, runId: run.id, credentialId }, 'a connection could not be read');
      outcome.errors.push({ campaign: null, resource: 'campaigns', message: describeFailure(error) });
    }
  }
  return outcome;
}

async function openSession(
  context: Context,
  { run, lease, credentialId, signal }: { run: SyncRun; lease: RunLease; credentialId: number; signal: AbortSignal },
  { errors }: Outcome,
): Promise<SyncSession> {
  const told = new Set<string>();
  const client = await patreonClientFor(context, credentialId, {
    signal,
    onRequest: () => {
      lease.requests += 1;
    },
    onDroppedField: ({ type, name }) => {
      const message = `Patreon does not answer ${type}.${name}; it was left out.`;
      if (!told.has(message)) errors.push({ campaign: null, resource: null, message });
      told.add(message);
    },
  });
  const { scopes } = await context.knex('patreon_credentials').where({ id: credentialId }).first('scopes');
  return new SyncSession(context, run, lease, client, credentialId, scopes, signal);
}

async function finish(context: Context, lease: RunLease, { errors, held }: Outcome): Promise<SyncRunState> {
  const parts = await SyncRunResource.query().where({ run_id: lease.runId }).select('state');
  const failed = parts.some((p) => p.state !== 'succeeded') || errors.some((e) => e.resource !== null);
  const succeeded = parts.some((p) => p.state === 'succeeded');
  const nothing = parts.length === 0 && errors.length > 0;
  const state = held ? 'held' : nothing || (failed && !succeeded) ? 'failed' : failed ? 'partial' : 'succeeded';
  await end(context, lease, state, errors);
  return state;
}

async function endEarly(context: Context, lease: RunLease, error: unknown, stop: AbortSignal): Promise<RunOutcome> {
  if (error instanceof LeaseLostError || lease.signal.aborted) return 'not_ours';
  if (error instanceof RunCancelledError) {
    await end(context, lease, 'cancelled', []);
    return 'cancelled';
  }
  if (stop.aborted) {
    await giveBack(context, lease);
    return 'queued';
  }
  context.log.error({ err: error, runId: lease.runId }, 'sync run failed');
  await end(context, lease, 'failed', [{ campaign: null, resource: null, message: describeFailure(error) }]);
  return 'failed';
}

/** So many runs keep the records that they could not store. */
const RUNS_WITH_QUARANTINE = 20;

/** Ends the run and gives its locks back. */
async function end(context: Context, lease: RunLease, state: SyncRunState, errors: SyncRunError[]): Promise<void> {
  const { knex } = context;
  await knex.transaction(async (trx) => {
    const ended = await trx('sync_runs')
      .where({ id: lease.runId, epoch: lease.epoch, state: 'running' })
      .update({
        state,
        requests: lease.requests,
        errors: JSON.stringify(errors),
        finished_at: knex.fn.now(),
        lease_until: null,
        waiting_until: null,
      });
    if (ended === 0) throw new LeaseLostError(lease.runId);
    await trx('sync_run_resources')
      .where({ run_id: lease.runId, state: 'running' })
      .update({ state: state === 'cancelled' ? 'cancelled' : 'failed', finished_at: knex.fn.now() });
    await trx('sync_locks').where({ run_id: lease.runId }).delete();
    // Raw records hold names and e-mails, and come again with every run until they are mended.
    await trx('sync_quarantine')
      .where('run_id', '<=', lease.runId - RUNS_WITH_QUARANTINE)
      .delete();
  });
  await forgetSightings(knex, lease.runId);
}

async function giveBack(context: Context, lease: RunLease): Promise<void> {
  await context.knex.transaction(async (trx) => {
    const given = await trx('sync_runs')
      .where({ id: lease.runId, epoch: lease.epoch, state: 'running' })
      .update({ state: 'queued', requests: lease.requests, lease_until: null, waiting_until: null });
    if (given > 0) await enqueueRun(context, lease.runId, trx, new Date(context.clock.now().getTime() + 1_000));
  });
}
