import { z } from 'zod';
import { defineJob } from './job';

const DAYS_KEPT = 30;
const TICKS_KEPT_DAYS = 2;
const BATCH = 10_000;

/** The queue's own housekeeping. */
export const queueJobs = [
  defineJob({
    name: 'clear-old-job-runs',
    arguments: z.object({}),
    schedule: () => '41 3 * * *',
    async run({ knex }) {
      const runs = await knex('job_runs')
        .whereIn(
          'id',
          knex('job_runs')
            .whereRaw('started_at < now() - make_interval(days => ?)', [DAYS_KEPT])
            // What the schedule does every minute is of no interest after a day.
            .orWhereRaw(
              `name in ('recover-sync-runs', 'recover-member-batches', 'member-figures') and started_at < now() - interval '1 day'`,
            )
            .orderBy('id')
            .limit(BATCH)
            .select('id'),
        )
        .delete();
      const ticks = await knex('schedule_ticks')
        .whereRaw('scheduled_for < now() - make_interval(days => ?)', [TICKS_KEPT_DAYS])
        .delete();
      return { runs, ticks };
    },
  }),
];
