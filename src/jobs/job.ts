import type { z } from 'zod';
import type { Config } from '../config';
import type { Context } from '../context';

export type JobTrigger = 'schedule' | 'panel' | 'cli' | 'job';

export interface JobRun {
  /** Aborted when the process is asked to stop: finish the page under way and leave. */
  signal: AbortSignal;
  attempt: number;
}

/** One entry of the catalogue. `run` returns what it did, in numbers and words that may be shown and logged. */
export interface JobDefinition<S extends z.ZodType = z.ZodType> {
  name: string;
  arguments: S;
  /** A cron expression in UTC, or undefined for jobs that only a person or another job starts. */
  schedule?: (config: Config) => string | undefined;
  run(context: Context, args: z.output<S>, job: JobRun): Promise<Record<string, unknown>>;
}

export function defineJob<S extends z.ZodType>(definition: JobDefinition<S>): JobDefinition {
  return definition as unknown as JobDefinition;
}
