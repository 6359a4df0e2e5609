import { z } from 'zod';
import { defineJob } from '../../jobs/job';
import { purgeDrafts } from './draft-deletion.service';
import { PatreonPostSearch } from './post-search.model';
import { settleUnsettled } from './unsettled-posts.service';

/** So many posts are brought into another language at once. */
const INDEXED = 200;

export const postsJobs = [
  defineJob({
    name: 'settle-posts',
    arguments: z.object({}),
    schedule: () => '*/10 * * * *',
    run: async (context, _args, { signal }) => ({ ...(await settleUnsettled(context, signal)) }),
  }),
  defineJob({
    name: 'index-posts',
    arguments: z.object({ campaign_id: z.number().int() }),
    async run(context, { campaign_id }, { signal }) {
      let written = 0;
      for (let after = 0; !signal.aborted; ) {
        const chunk = await PatreonPostSearch.reindexChunk(
          { campaignId: campaign_id, after, limit: INDEXED },
          context.knex,
        );
        written += chunk.written;
        if (chunk.last === null) return { campaign_id, written };
        after = chunk.last;
      }
      const options = { key: `index-posts:${campaign_id}` };
      await context.jobs.enqueue('index-posts', { campaign_id }, options);
      return { campaign_id, written };
    },
  }),
  defineJob({
    name: 'purge-drafts',
    arguments: z.object({}),
    schedule: () => '25 3 * * *',
    run: (context, _args, { signal }) => purgeDrafts(context, signal),
  }),
];
