import type { Knex } from 'knex';

export interface EnqueueOptions {
  /** A job with this key that has not started is replaced: at most one waits. */
  key?: string;
  runAt?: Date;
  maxAttempts?: number;
  /** Enqueue inside a transaction: the job exists exactly if the change does. */
  trx?: Knex.Transaction;
}

export interface JobQueue {
  /** Queues a job of the catalogue by its name; its arguments are checked when it runs. */
  enqueue(name: string, args?: Record<string, unknown>, options?: EnqueueOptions): Promise<void>;
}

export function createJobQueue(knex: Knex): JobQueue {
  return {
    async enqueue(name, args = {}, { key, runAt, maxAttempts = 5, trx } = {}) {
      await (trx ?? knex).raw(
        `select graphile_worker.add_job(:name, payload := :payload::json, run_at := :runAt::timestamptz,
           max_attempts := :maxAttempts, job_key := :key)`,
        { name, payload: JSON.stringify(args), runAt: runAt?.toISOString() ?? null, maxAttempts, key: key ?? null },
      );
    },
  };
}
