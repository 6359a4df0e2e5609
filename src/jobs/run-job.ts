import type { Context } from '../context';
import { scrub } from '../logger';
import type { JobDefinition, JobRun, JobTrigger } from './job';

/** Runs one job and leaves a row that says what ran, how long, what it did and why it failed. Rethrows the failure. */
export async function runJob(
  context: Context,
  job: JobDefinition,
  given: unknown,
  { trigger, ...run }: JobRun & { trigger: JobTrigger },
): Promise<Record<string, unknown>> {
  const { knex, log } = context;
  const args = job.arguments.parse(given ?? {});
  const [row] = await knex('job_runs')
    .insert({ name: job.name, arguments: JSON.stringify(args), trigger, attempt: run.attempt })
    .returning('id');
  const finish = (fields: Record<string, unknown>) =>
    knex('job_runs')
      .where({ id: row.id })
      .update({ ...fields, finished_at: knex.fn.now() });
  try {
    const summary = await job.run(context, args, run);
    await finish({ state: 'succeeded', summary: JSON.stringify(summary) });
    // What the schedule does is only worth a line to somebody who looks for it; its row is there in any case.
    log[trigger === 'schedule' ? 'debug' : 'info']({ job: job.name, jobRun: row.id, summary }, 'job succeeded');
    return summary;
  } catch (error) {
    log.error({ job: job.name, jobRun: row.id, attempt: run.attempt, err: error }, 'job failed');
    await finish({ state: 'failed', error: scrub(error instanceof Error ? error.message : String(error)) });
    throw error;
  }
}
