import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ConflictError, NotFoundError } from '../../errors';
import { PatreonCredential } from '../connections/patreon-credential.model';
import { RESOURCES, type Resource, SyncRun, type SyncTrigger } from './sync-run.model';

export interface SyncRequest {
  trigger: SyncTrigger;
  staffId?: number;
  /** Our row id. Unset: every campaign of every connected credential. */
  campaignId?: number;
  /** Only this connection. */
  credentialId?: number;
  resources?: Resource[];
  /** The caller runs it itself (the command line): no job is queued. */
  withoutJob?: boolean;
}

export interface RequestedRun {
  runId: number;
  /** False when a run over the same connection is under way: that one is answered instead. */
  isNew: boolean;
}

/**
 * Queues a run and takes the lock of every connection it will read, in one transaction with its job.
 * While another run holds one of those locks nothing is queued.
 * @throws ConflictError when nothing is connected, NotFoundError for an unknown campaign.
 */
export async function requestSync(context: Context, request: SyncRequest): Promise<RequestedRun> {
  return context.knex
    .transaction(async (trx) => {
      const credentialIds = await connectionsToRead(trx, request);
      const open = await trx('sync_locks').whereIn('credential_id', credentialIds).orderBy('run_id').first('run_id');
      if (open) return { runId: open.run_id, isNew: false };
      const [run] = await trx('sync_runs')
        .insert({
          trigger: request.trigger,
          requested_by: request.staffId ?? null,
          campaign_id: request.campaignId ?? null,
          resources: request.resources ?? [...RESOURCES],
          credential_ids: credentialIds,
        })
        .returning('id');
      // Two requests at the same moment: the second waits here, then fails on the key and is answered with the first's run.
      await trx('sync_locks').insert(credentialIds.map((credential_id) => ({ credential_id, run_id: run.id })));
      if (!request.withoutJob) await enqueueRun(context, run.id, trx);
      return { runId: run.id, isNew: true };
    })
    .catch(async (error) => {
      if ((error as { code?: string }).code !== '23505') throw error;
      const credentialIds = await connectionsToRead(context.knex, request);
      const open = await context.knex('sync_locks').whereIn('credential_id', credentialIds).first('run_id');
      if (!open) throw error;
      return { runId: open.run_id as number, isNew: false };
    });
}

/** The connections that a sync of this scope reads through. @throws ConflictError when there is none that can. */
export async function connectionsToRead(
  knex: Knex,
  { campaignId, credentialId }: Pick<SyncRequest, 'campaignId' | 'credentialId'>,
): Promise<number[]> {
  const live = await PatreonCredential.liveIds(knex);
  const wanted = campaignId === undefined ? credentialId : await credentialOf(knex, campaignId);
  const ids = wanted === undefined ? live : live.filter((id) => id === wanted);
  if (ids.length > 0) return ids;
  const isBroken =
    live.length > 0 ||
    campaignId !== undefined ||
    (await knex('patreon_credentials').whereIn('state', ['reconnect_needed', 'refresh_unknown']).first('id'));
  const message = isBroken
    ? 'The connection cannot read just now. Connect Patreon again, then sync.'
    : 'Nothing is connected to Patreon yet. Connect first, then sync.';
  throw new ConflictError(message, 'no_connection');
}

/** Which connection reads a campaign: the one that it belongs to now, else the one that read it last. */
export const READER = `coalesce(
  (select credential_id from patreon_credential_campaigns where patreon_campaign_id = patreon_campaigns.patreon_id),
  credential_id)`;

/** Null when the campaign's connection was deleted: no live one equals that. */
async function credentialOf(knex: Knex, campaignId: number): Promise<number | null> {
  const campaign = await knex('patreon_campaigns')
    .where({ id: campaignId })
    .first(knex.raw(`${READER} as credential_id`));
  if (!campaign) throw new NotFoundError('There is no such campaign here.');
  return campaign.credential_id;
}

export async function enqueueRun(context: Context, runId: number, trx?: Knex.Transaction, runAt?: Date): Promise<void> {
  await context.jobs.enqueue('sync-run', { run_id: runId }, { key: `sync-run:${runId}`, maxAttempts: 3, trx, runAt });
}

/** Asks a run to stop. One that has not begun ends at once; a running one ends after the page under way. */
export async function cancelRun(context: Context, runId: number): Promise<SyncRun> {
  const { knex } = context;
  await knex.transaction(async (trx) => {
    const ended = await trx('sync_runs')
      .where({ id: runId, state: 'queued' })
      .whereNull('decision')
      .update({ state: 'cancelled', finished_at: knex.fn.now() });
    if (ended > 0) await forgetOpenParts(trx, runId);
    // What the owner has decided is carried out to its end.
    else {
      const running = trx('sync_runs').where({ id: runId, state: 'running' }).whereNull('decision');
      await running.update({ cancel_requested_at: knex.fn.now() });
    }
  });
  const run = await SyncRun.query().findById(runId);
  if (!run) throw new NotFoundError();
  return run;
}

/** A run that was given back may have read something: nobody will go on with it. */
async function forgetOpenParts(trx: Knex.Transaction, runId: number): Promise<void> {
  await trx('sync_locks').where({ run_id: runId }).delete();
  await trx('sync_staged_records').where({ run_id: runId }).delete();
  await trx('sync_run_resources')
    .where({ run_id: runId })
    .whereIn('state', ['running', 'held'])
    .update({ state: 'cancelled', staged: 0, finished_at: trx.fn.now() });
}

const ABANDONED = `((state = 'running' and lease_until < now()) or (state = 'queued' and queued_at < now() - interval '1 minute'))`;

/** True for a queued run that nobody took up and a running one whose lease ran out. */
export async function isAbandoned({ knex }: Context, runId: number): Promise<boolean> {
  return (await knex('sync_runs').where({ id: runId }).whereRaw(ABANDONED).first('id')) !== undefined;
}

/** Queues abandoned runs again. Safe to repeat: whoever comes second finds the run claimed. */
export async function recoverRuns(context: Context): Promise<number> {
  const ids: number[] = await context.knex('sync_runs').whereRaw(ABANDONED).pluck('id');
  for (const id of ids) await enqueueRun(context, id);
  return ids.length;
}
