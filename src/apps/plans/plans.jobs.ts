import type { JobDefinition } from '../../jobs/job';

export const plansJobs: JobDefinition[] = [];
