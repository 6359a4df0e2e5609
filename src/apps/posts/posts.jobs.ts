import type { JobDefinition } from '../../jobs/job';

export const postsJobs: JobDefinition[] = [];
