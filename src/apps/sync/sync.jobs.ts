import { z } from 'zod';
import { ConflictError } from '../../errors';
import { defineJob } from '../../jobs/job';
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
    async run(context) {
      try {
        return { ...(await requestSync(context, { trigger: 'schedule' })) };
      } catch (error) {
        // A panel that is not connected yet has nothing to sync: no failure.
        if (error instanceof ConflictError) return { skipped: error.code };
        throw error;
      }
    },
  }),
  defineJob({
    name: 'recover-sync-runs',
    arguments: noArguments,
    schedule: () => '* * * * *',
    run: async (context) => ({ requeued: await recoverRuns(context) }),
  }),
];
