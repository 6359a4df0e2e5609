import { z } from 'zod';
import type { Context } from '../../context';
import { ConflictError } from '../../errors';
import { defineJob } from '../../jobs/job';
import { PatreonCredential } from '../connections/patreon-credential.model';
import { runSync } from './run-sync';
import { syncReport } from './sync-report';
import { recoverRuns, requestSync } from './sync-runs.service';

const noArguments = z.object({});

export const syncJobs = [
  defineJob({
    name: 'sync-run',
    arguments: z.object({ run_id: z.number().int() }),
    async run(context, { run_id }, { signal }) {
      const state = await runSync(context, run_id, signal);
      return state === 'not_ours' ? { run_id, state } : { ...(await syncReport(context, run_id)) };
    },
  }),
  defineJob({
    name: 'sync-all',
    arguments: noArguments,
    schedule: (config) => config.sync.schedule,
    run: syncEachConnection,
  }),
  defineJob({
    name: 'recover-sync-runs',
    arguments: noArguments,
    schedule: () => '* * * * *',
    run: async (context) => ({ requeued: await recoverRuns(context) }),
  }),
];

/** A run for each connection, so that one which is busy or does not answer keeps no other from being read. */
async function syncEachConnection(context: Context): Promise<Record<string, unknown>> {
  const runs: Record<string, unknown>[] = [];
  for (const credentialId of await PatreonCredential.liveIds(context.knex)) {
    try {
      const { runId, isNew } = await requestSync(context, { trigger: 'schedule', credentialId });
      runs.push({ run_id: runId, is_new: isNew });
    } catch (error) {
      // Disconnected since the list was read: no failure.
      if (!(error instanceof ConflictError)) throw error;
      runs.push({ skipped: error.code });
    }
  }
  return runs.length > 0 ? { runs } : { skipped: 'no_connection' };
}
