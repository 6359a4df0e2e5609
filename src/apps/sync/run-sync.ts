import type { Context } from '../../context';
import { failPoint } from '../../lib/fail-points';
import { patreonClientFor } from '../connections/patreon-client.service';
import { RequestReserve } from '../connections/request-reserve.service';
import { applyHeldParts } from './apply-held';
import { failureSentence } from './failure-telling';
import { describeFailure } from './failure-words';
import { CONNECTION_DELETED, describeLoss } from './lost-connection';
import { forgetOldStamps } from './read-stamps';
import { claimRun, LeaseLostError, RunCancelledError, type RunLease } from './run-lease';
import { isRunOver } from './run-over';
import { syncCredential } from './sync-credential';
import { SyncRun, type SyncRunError, SyncRunResource, type SyncRunState } from './sync-run.model';
import { enqueueRun } from './sync-runs.service';
import { SyncSession } from './sync-session';

export type RunOutcome = SyncRunState | 'not_ours';

/**
 * Executes a run: the one engine behind schedule, command, button and connection, and behind the owner's word on a run
 * that was held. Whoever claims the run executes it; for anybody else this does nothing (`not_ours`). A run that lost its
 * process goes on where that stopped; a process that is asked to stop gives the run back to the queue.
 */
export async function runSync(context: Context, runId: number, stop: AbortSignal): Promise<RunOutcome> {
  const lease = await claimRun(context, runId);
  if (!lease) return 'not_ours';
  const signal = AbortSignal.any([stop, lease.signal]);
  let run: SyncRun | undefined;
  try {
    failPoint('run.claimed');
    run = (await SyncRun.query().findById(runId)) as SyncRun;
    const errors = isDecided(run)
      ? await applyHeldParts(run, { context, lease, signal })
      : await syncAll(context, run, lease, signal);
    return await finish(context, lease, errors);
  } catch (error) {
    return await endEarly(context, lease, { error, stop, run }).catch(notOurs);
  } finally {
    lease.stop();
  }
}

/** One connection that cannot be read does not keep the others from it. Answers what concerns no part. */
async function syncAll(context: Context, run: SyncRun, lease: RunLease, signal: AbortSignal): Promise<SyncRunError[]> {
  const errors: SyncRunError[] = [];
  const credentialIds = await SyncRun.credentialIds(run.id);
  // Locks go with their connections.
  if (credentialIds.length < run.credential_ids.length || credentialIds.length === 0)
    errors.push({ campaign: null, resource: 'campaigns', message: CONNECTION_DELETED });
  for (const credentialId of credentialIds) {
    const reserve = new RequestReserve(context, credentialId);
    try {
      const session = await openSession(context, { run, lease, credentialId, signal, reserve }, errors);
      errors.push(...(await syncCredential(session)));
    } catch (error) {
      if (isRunOver({ signal }, error)) throw error;
      context.log.error({ err: error, runId: run.id, credentialId }, 'a connection could not be read');
      const message = await describeLoss({ context, credentialId }, error);
      errors.push({ campaign: null, resource: 'campaigns', message });
    } finally {
      await reserve.close().catch((err) => context.log.warn({ err, credentialId }, 'requests were not given back'));
    }
  }
  return errors;
}

interface SessionBasis {
  run: SyncRun;
  lease: RunLease;
  credentialId: number;
  signal: AbortSignal;
  reserve: RequestReserve;
}

async function openSession(
  context: Context,
  { run, lease, credentialId, signal, reserve }: SessionBasis,
  errors: SyncRunError[],
): Promise<SyncSession> {
  const told = new Set<string>();
  const client = await patreonClientFor(context, credentialId, {
    signal,
    reserve,
    onRequest: () => {
      lease.requests += 1;
    },
    onHold: ({ until }) => lease.noteWaiting(until),
    onDroppedField: ({ type, name }) => {
      const message = failureSentence('fieldOmitted', { field: `${type}.${name}` });
      if (!told.has(message)) errors.push({ campaign: null, resource: null, message });
      told.add(message);
    },
  });
  const { scopes } = await context.knex('patreon_credentials').where({ id: credentialId }).first('scopes');
  return new SyncSession(context, run, lease, client, credentialId, scopes, signal);
}

async function finish(context: Context, lease: RunLease, errors: SyncRunError[]): Promise<SyncRunState> {
  const parts = await SyncRunResource.listForRun(lease.runId);
  const all = [
    ...errors,
    ...parts.flatMap(({ patreon_id, resource, error }): SyncRunError[] =>
      error === null ? [] : [{ campaign: patreon_id, resource, message: error }],
    ),
  ];
  const failed = parts.some((p) => p.state !== 'succeeded') || all.some((e) => e.resource !== null);
  const succeeded = parts.some((p) => p.state === 'succeeded');
  const nothing = parts.length === 0 && all.length > 0;
  const held = parts.some((p) => p.state === 'held');
  const state = held ? 'held' : nothing || (failed && !succeeded) ? 'failed' : failed ? 'partial' : 'succeeded';
  failPoint('run.ending');
  await end(context, lease, state, all);
  failPoint('run.ended');
  return state;
}

/** Somebody else took the run over while it was being ended here. */
function notOurs(error: unknown): 'not_ours' {
  if (error instanceof LeaseLostError) return 'not_ours';
  throw error;
}

/** The owner has decided: it only has to be stored. */
const isDecided = (run: SyncRun | undefined) => run?.decision === 'applied';

async function endEarly(
  context: Context,
  lease: RunLease,
  { error, stop, run }: { error: unknown; stop: AbortSignal; run: SyncRun | undefined },
): Promise<RunOutcome> {
  const cause = lease.signal.aborted ? lease.signal.reason : error;
  if (cause instanceof LeaseLostError) return 'not_ours';
  if (cause instanceof RunCancelledError) {
    await end(context, lease, 'cancelled', []);
    return 'cancelled';
  }
  if (stop.aborted) {
    await giveBack(context, lease);
    return 'queued';
  }
  context.log.error({ err: error, runId: lease.runId }, 'sync run failed');
  const failure: SyncRunError = { campaign: null, resource: null, message: describeFailure(error) };
  if (!run || !isDecided(run)) {
    await end(context, lease, 'failed', [failure]);
    return 'failed';
  }
  // What could not be stored waits on, so that the owner can say so again.
  await end(context, lease, 'held', [...run.errors, failure], { decision: null, decided_by: null, decided_at: null });
  return 'held';
}

/** So many runs keep the records that they could not store, and whom they would have marked. */
const RUNS_WITH_RECORDS = 20;

/** Ends the run and gives its locks back. */
async function end(
  context: Context,
  lease: RunLease,
  state: SyncRunState,
  errors: SyncRunError[],
  more: Partial<Pick<SyncRun, 'decision' | 'decided_by' | 'decided_at'>> = {},
): Promise<void> {
  const { knex } = context;
  await knex.transaction(async (trx) => {
    const ended = await trx('sync_runs')
      .where({ id: lease.runId, epoch: lease.epoch, state: 'running' })
      .update({
        ...more,
        state,
        requests: lease.requests,
        errors: JSON.stringify(errors),
        finished_at: knex.fn.now(),
        lease_until: null,
        waiting_until: null,
      });
    if (ended === 0) throw new LeaseLostError(lease.runId);
    await trx('sync_run_resources')
      .where({ run_id: lease.runId })
      .whereIn('state', state === 'held' ? ['running'] : ['running', 'held'])
      .update({ state: state === 'cancelled' ? 'cancelled' : 'failed', finished_at: knex.fn.now() });
    await trx('sync_locks').where({ run_id: lease.runId }).delete();
    await trx('sync_sighted_pages').where({ run_id: lease.runId }).delete();
    if (state !== 'held') await trx('sync_staged_records').where({ run_id: lease.runId }).delete();
    await forgetOldStamps(trx);
    // Raw records hold names and e-mails, and come again with every run until they are mended.
    const old = lease.runId - RUNS_WITH_RECORDS;
    await trx('sync_quarantine').where('run_id', '<=', old).delete();
    await trx.raw(
      `delete from sync_departures d using sync_runs r where r.id = d.run_id and r.id <= ? and r.state <> 'held'`,
      [old],
    );
  });
}

async function giveBack(context: Context, lease: RunLease): Promise<void> {
  await context.knex.transaction(async (trx) => {
    const given = await trx('sync_runs')
      .where({ id: lease.runId, epoch: lease.epoch, state: 'running' })
      .update({ state: 'queued', requests: lease.requests, lease_until: null, waiting_until: null });
    if (given > 0) await enqueueRun(context, lease.runId, trx, new Date(context.clock.now().getTime() + 1_000));
  });
}
