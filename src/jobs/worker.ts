import { Logger as GraphileLogger, type Runner, run, type TaskList } from 'graphile-worker';
import { Pool } from 'pg';
import type { Context } from '../context';
import { connectionSettings } from '../db/connection';
import type { JobDefinition, JobTrigger } from './job';
import { runJob } from './run-job';
import { startScheduler } from './scheduler';

export interface Worker {
  /** Stops claiming, lets what runs come to a safe point, ends its connections. */
  stop(): Promise<void>;
}

const CONCURRENCY = 3;

/** Drains the queue and ticks the schedule. Any number of processes may do both over one database. */
export async function startWorker(context: Context, jobs: JobDefinition[]): Promise<Worker> {
  const { log } = context;
  const stopping = new AbortController();
  const pool = new Pool({
    ...connectionSettings(context.databaseUrl),
    max: CONCURRENCY + 2,
    connectionTimeoutMillis: 5_000,
    application_name: 'patrondesk worker',
  });
  const lost = (err: Error) => log.warn({ err }, 'a worker connection was lost');
  pool.on('error', lost);
  pool.on('connect', (client) => client.on('error', lost));
  const taskList: TaskList = Object.fromEntries(
    jobs.map((job) => [
      job.name,
      async (payload, helpers) => {
        const { _trigger: trigger = 'job', ...args } = payload as Record<string, unknown> & { _trigger?: JobTrigger };
        await runJob(context, job, args, { trigger, attempt: helpers.job.attempts, signal: stopping.signal });
      },
    ]),
  );
  const runner: Runner = await run({
    pgPool: pool,
    taskList,
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    pollInterval: 2_000,
    parsedCronItems: [],
    logger: new GraphileLogger(() => (level, message) => {
      if (level === 'error' || level === 'warning') log.warn({ worker: message }, 'job queue');
    }),
  });
  const scheduler = startScheduler(context, jobs);
  return {
    async stop() {
      await scheduler.stop();
      stopping.abort();
      await runner.stop();
      await pool.end();
    },
  };
}
