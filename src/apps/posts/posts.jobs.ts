import { z } from 'zod';
import { defineJob } from '../../jobs/job';
import { purgeDrafts } from './draft-deletion.service';
import { listUnsettled, settlePosts } from './post-arrival.service';

/** A job leaves the campaigns beyond these to the next one. */
const CAMPAIGNS = 200;

export const postsJobs = [
  defineJob({
    name: 'settle-posts',
    arguments: z.object({}),
    schedule: () => '*/10 * * * *',
    async run(context, _args, { signal }) {
      const campaignIds = await listUnsettled(context, CAMPAIGNS);
      let settled = 0;
      for (const campaignId of campaignIds) {
        if (signal.aborted) break;
        await settlePosts(context, campaignId);
        settled += 1;
      }
      return { settled };
    },
  }),
  defineJob({
    name: 'purge-drafts',
    arguments: z.object({}),
    schedule: () => '25 3 * * *',
    run: (context) => purgeDrafts(context),
  }),
];
