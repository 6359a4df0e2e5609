import { campaignsJobs } from './apps/campaigns/campaigns.jobs';
import { connectionsJobs } from './apps/connections/connections.jobs';
import { insightJobs } from './apps/insight/insight.jobs';
import { bulkJobs } from './apps/members/bulk.jobs';
import { noteJobs } from './apps/members/note.jobs';
import { plansJobs } from './apps/plans/plans.jobs';
import { postsJobs } from './apps/posts/posts.jobs';
import { syncJobs } from './apps/sync/sync.jobs';
import type { JobDefinition } from './jobs/job';
import { queueJobs } from './jobs/queue.jobs';

/** Every job there is; each app names its own. */
export const jobCatalogue: JobDefinition[] = [
  ...connectionsJobs,
  ...campaignsJobs,
  ...bulkJobs,
  ...noteJobs,
  ...plansJobs,
  ...postsJobs,
  ...syncJobs,
  ...insightJobs,
  ...queueJobs,
];
