import { z } from 'zod';
import { defineJob } from '../../jobs/job';
import { countDueFigures } from './daily-figures.service';

export const insightJobs = [
  defineJob({
    name: 'member-figures',
    arguments: z.object({}),
    // It looks often and counts seldom: a run ends at any time, through whichever door it came in.
    schedule: () => '* * * * *',
    run: async (context) => ({ ...(await countDueFigures(context)) }),
  }),
];
