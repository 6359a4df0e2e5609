import { connectionsJobs } from './apps/connections/connections.jobs';
import { syncJobs } from './apps/sync/sync.jobs';
import type { JobDefinition } from './jobs/job';
import { queueJobs } from './jobs/queue.jobs';

/** Every job there is; each app names its own. */
export const jobCatalogue: JobDefinition[] = [...connectionsJobs, ...syncJobs, ...queueJobs];
