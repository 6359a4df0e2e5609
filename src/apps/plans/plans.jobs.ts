import { z } from 'zod';
import { defineJob } from '../../jobs/job';
import { settleWaiting } from './plan-settling.service';

export const plansJobs = [
  defineJob({
    name: 'settle-plans',
    arguments: z.object({}),
    schedule: () => '*/10 * * * *',
    run: async (context) => ({ ...(await settleWaiting(context)) }),
  }),
];
