import { z } from 'zod';
import { defineJob } from '../../jobs/job';
import { enqueueDeletion, recoverDeletions, removeCampaignRows } from './campaign-deletion.service';
import { countStatistics } from './campaign-statistics.service';

const campaignOnly = z.object({ campaign_id: z.number().int() });

export const campaignsJobs = [
  defineJob({
    name: 'delete-campaign',
    arguments: campaignOnly,
    async run(context, { campaign_id }, { signal }) {
      const { members, isDone } = await removeCampaignRows(context, campaign_id, signal);
      if (!isDone) await enqueueDeletion(context, campaign_id);
      return { campaign_id, members, done: isDone };
    },
  }),
  defineJob({
    name: 'recover-campaign-deletions',
    arguments: z.object({}),
    schedule: () => '*/5 * * * *',
    run: async (context) => ({ requeued: await recoverDeletions(context) }),
  }),
  defineJob({
    name: 'count-campaign',
    arguments: campaignOnly,
    async run(context, { campaign_id }) {
      await countStatistics(context, campaign_id);
      return { campaign_id };
    },
  }),
];
