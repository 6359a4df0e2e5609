import cron, { type ScheduledTask } from 'node-cron';
import type { Context } from '../context';
import type { JobDefinition } from './job';

/** node-cron only ticks. A tick becomes at most one job, however many processes tick: one of them inserts the row. */
export function startScheduler(context: Context, jobs: JobDefinition[]): { stop(): Promise<void> } {
  const tasks: ScheduledTask[] = [];
  for (const job of jobs) {
    const schedule = job.schedule?.(context.config);
    if (!schedule) continue;
    tasks.push(
      cron.schedule(
        schedule,
        async ({ date }) => {
          try {
            await tick(context, job.name, date);
          } catch (err) {
            context.log.warn({ err, job: job.name }, 'a scheduled job could not be queued');
          }
        },
        { timezone: 'UTC', name: job.name },
      ),
    );
  }
  return {
    async stop() {
      await Promise.all(tasks.map((task) => task.destroy()));
    },
  };
}

/** Queues a job for one moment of its schedule; repeated calls for that moment do nothing. */
export async function tick({ knex, jobs }: Pick<Context, 'knex' | 'jobs'>, name: string, at: Date): Promise<boolean> {
  const scheduledFor = new Date(Math.floor(at.getTime() / 1000) * 1000);
  return knex.transaction(async (trx) => {
    const result = await trx.raw(
      'insert into schedule_ticks (name, scheduled_for) values (?, ?) on conflict do nothing',
      [name, scheduledFor.toISOString()],
    );
    if (result.rowCount !== 1) return false;
    await jobs.enqueue(name, { _trigger: 'schedule' }, { key: `schedule:${name}`, trx });
    return true;
  });
}
