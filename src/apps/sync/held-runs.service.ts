import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ConflictError, NotFoundError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { SyncRun } from './sync-run.model';
import { enqueueRun, READER } from './sync-runs.service';

/**
 * The owner believes what a held run has read: it is queued to be stored. Repeating it changes nothing.
 * @throws NotFoundError, ConflictError when the run is not held (any more) or another run is under way
 */
export async function applyHeldRun(context: Context, runId: number, actor: Actor): Promise<void> {
  await context.knex.transaction(async (trx) => {
    const run = await lockHeld(trx, runId);
    if (run.decision === 'applied') return;
    refuseDecided(run);
    await takeLocks(trx, run);
    await decide(trx, run, 'applied', actor, {
      state: 'queued',
      queued_at: trx.fn.now(),
      finished_at: null,
      cancel_requested_at: null,
    });
    await enqueueRun(context, run.id, trx);
  });
}

/** The owner does not believe it: nothing of what waited is stored. The next run reads and judges anew. */
export async function discardHeldRun(context: Context, runId: number, actor: Actor): Promise<void> {
  await context.knex.transaction(async (trx) => {
    const run = await lockHeld(trx, runId);
    if (run.decision === 'discarded') return;
    refuseDecided(run);
    await trx('sync_run_resources').where({ run_id: run.id, state: 'held' }).update({ state: 'cancelled', staged: 0 });
    await trx('sync_staged_records').where({ run_id: run.id }).delete();
    await decide(trx, run, 'discarded', actor, { state: 'cancelled' });
  });
}

function refuseDecided(run: SyncRun): void {
  if (run.decision !== null) throw new ConflictError('This run has been decided already.', 'run_decided');
}

async function lockHeld(trx: Knex.Transaction, runId: number): Promise<SyncRun> {
  const run = await SyncRun.query(trx).findById(runId).forUpdate();
  if (!run) throw new NotFoundError();
  if (run.state === 'held' || run.decision === 'applied' || run.decision === 'discarded') return run;
  const message =
    run.decision === 'superseded'
      ? 'A later run has read the same since. Decide there.'
      : 'This run does not wait for a decision.';
  throw new ConflictError(message, 'run_not_held');
}

/** Applying writes like a run, so it takes the locks of those who could read the same campaigns now. */
async function takeLocks(trx: Knex.Transaction, run: SyncRun): Promise<void> {
  const held = trx('sync_run_resources').where({ run_id: run.id, state: 'held' }).select('campaign_id');
  const readers: { reader: number }[] = await trx('patreon_campaigns')
    .whereIn('id', held)
    .whereRaw(`${READER} is not null`)
    .distinct(trx.raw(`${READER} as reader`))
    .orderBy('reader');
  const ids = readers.map(({ reader }) => reader);
  // The connection may have been deleted since: then nobody else can be reading through it.
  if (ids.length === 0) return;
  const taken = await trx('sync_locks')
    .insert(ids.map((credential_id) => ({ credential_id, run_id: run.id })))
    .onConflict('credential_id')
    .ignore()
    .returning('credential_id');
  if (taken.length === ids.length) return;
  throw new ConflictError('Another run is under way. Decide when it has ended: it reads the same.', 'run_under_way');
}

async function decide(
  trx: Knex.Transaction,
  run: SyncRun,
  decision: 'applied' | 'discarded',
  actor: Actor,
  changes: Record<string, unknown>,
): Promise<void> {
  await trx('sync_runs')
    .where({ id: run.id })
    .update({ ...changes, decision, decided_by: actor.staffId ?? null, decided_at: trx.fn.now() });
  await recordAudit(trx, { ...actor, action: `sync_run.${decision}`, subject: { type: 'sync_run', id: run.id } });
}
