import { z } from 'zod';
import { defineJob } from '../../jobs/job';
import { recoverBatches, runBatch } from './bulk-work';

export const bulkJobs = [
  defineJob({
    name: 'member-batch',
    arguments: z.object({ batch_id: z.number().int() }),
    run: async (context, { batch_id }, { signal }) => ({ batch_id, state: await runBatch(context, batch_id, signal) }),
  }),
  defineJob({
    name: 'recover-member-batches',
    arguments: z.object({}),
    schedule: () => '* * * * *',
    run: async (context) => ({ ...(await recoverBatches(context)) }),
  }),
];
