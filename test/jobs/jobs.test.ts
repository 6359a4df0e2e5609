import { z } from 'zod';
import { type Context, createContext } from '../../src/context';
import { defineJob } from '../../src/jobs/job';
import { runJob } from '../../src/jobs/run-job';
import { tick } from '../../src/jobs/scheduler';
import { startWorker, type Worker } from '../../src/jobs/worker';
import { startTestApp, type TestApp } from '../support/app';

let panel: TestApp;
let context: Context;
beforeAll(async () => {
  panel = await startTestApp();
  context = panel.context;
});
afterAll(() => panel.close());
beforeEach(async () => {
  await context.knex.raw('delete from job_runs; delete from schedule_ticks; delete from graphile_worker._private_jobs');
});

const waiting = async () => {
  const { rows } = await context.knex.raw('select task_identifier as name, key from graphile_worker.jobs order by id');
  return rows;
};
const runs = () => context.knex('job_runs').orderBy('id');
const signal = new AbortController().signal;

/** Runs the queue until a job of this name has left `count` rows that ended. */
async function drain(jobs: ReturnType<typeof defineJob>[], count: number): Promise<void> {
  const worker: Worker = await startWorker(context, jobs);
  while ((await context.knex('job_runs').whereNotNull('finished_at')).length < count) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await worker.stop();
}

describe('a tick of the schedule', () => {
  it('becomes one job, however many processes tick at that moment', async () => {
    const at = new Date('2026-11-22T06:17:00.000Z');
    const queued = await Promise.all(Array.from({ length: 10 }, () => tick(context, 'sync-all', at)));
    expect(queued.filter(Boolean)).toHaveLength(1);
    expect(await waiting()).toEqual([{ name: 'sync-all', key: 'schedule:sync-all' }]);
  });

  it('counts processes whose timers are some milliseconds apart as the same moment', async () => {
    await tick(context, 'sync-all', new Date('2026-11-22T06:17:00.003Z'));
    expect(await tick(context, 'sync-all', new Date('2026-11-22T06:17:00.740Z'))).toBe(false);
  });

  it('makes a new job at the next moment', async () => {
    await tick(context, 'sync-all', new Date('2026-11-22T06:17:00Z'));
    expect(await tick(context, 'sync-all', new Date('2026-11-22T12:17:00Z'))).toBe(true);
  });
});

describe('enqueueing', () => {
  it('leaves no job behind when the transaction is rolled back', async () => {
    await context.knex
      .transaction(async (trx) => {
        await context.jobs.enqueue('sync-all', {}, { trx });
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    expect(await waiting()).toEqual([]);
  });

  it('keeps one waiting job for a key', async () => {
    await context.jobs.enqueue('sync-run', { run_id: 1 }, { key: 'sync-run:1' });
    await context.jobs.enqueue('sync-run', { run_id: 1 }, { key: 'sync-run:1' });
    expect(await waiting()).toHaveLength(1);
  });
});

describe('running a job', () => {
  const adding = defineJob({
    name: 'adding',
    arguments: z.object({ a: z.number(), b: z.number() }),
    run: async (_context, { a, b }) => ({ sum: a + b }),
  });
  const failing = defineJob({
    name: 'failing',
    arguments: z.object({}),
    run: async () => {
      throw new Error('no luck for perrin.vale@example.com');
    },
  });

  it('leaves a row that says what ran and what it did', async () => {
    await runJob(context, adding, { a: 2, b: 3 }, { trigger: 'cli', attempt: 1, signal });
    const [row] = await runs();
    expect(row).toMatchObject({
      name: 'adding',
      arguments: { a: 2, b: 3 },
      trigger: 'cli',
      state: 'succeeded',
      summary: { sum: 5 },
    });
    expect(row.finished_at).not.toBeNull();
  });

  it('leaves a row that says why it failed, without the e-mail in the message', async () => {
    await expect(runJob(context, failing, {}, { trigger: 'cli', attempt: 2, signal })).rejects.toThrow();
    const [row] = await runs();
    expect(row).toMatchObject({ state: 'failed', attempt: 2, error: 'no luck for [e-mail]' });
  });

  it('refuses arguments that the catalogue does not allow', async () => {
    await expect(runJob(context, adding, { a: 'two' }, { trigger: 'cli', attempt: 1, signal })).rejects.toThrow();
    expect(await runs()).toEqual([]);
  });

  it('works through the queue, and remembers that the schedule asked', async () => {
    await context.jobs.enqueue('adding', { a: 1, b: 1, _trigger: 'schedule' });
    await drain([adding], 1);
    expect(await runs()).toMatchObject([{ name: 'adding', trigger: 'schedule', summary: { sum: 2 } }]);
    expect(await waiting()).toEqual([]);
  });

  it('tells a job under way when the process stops, and waits for it', async () => {
    let started = (): void => undefined;
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    const long = defineJob({
      name: 'long',
      arguments: z.object({}),
      run: (_context, _args, job) =>
        new Promise((resolve) => {
          started();
          job.signal.addEventListener('abort', () => resolve({ stopped: true }));
        }),
    });
    await context.jobs.enqueue('long');
    const worker = await startWorker(context, [long]);
    await running;
    await worker.stop();
    expect(await runs()).toMatchObject([{ state: 'succeeded', summary: { stopped: true } }]);
  });
});

describe('two processes over one database', () => {
  it('run each job once', async () => {
    const seen: number[] = [];
    const noting = defineJob({
      name: 'noting',
      arguments: z.object({ n: z.number() }),
      run: async (_context, { n }) => {
        seen.push(n);
        return {};
      },
    });
    const other = await createContext(context.config, { log: context.log, poolSize: 3 });
    for (let n = 0; n < 30; n += 1) await context.jobs.enqueue('noting', { n });
    const second = await startWorker(other, [noting]);
    await drain([noting], 30);
    await second.stop();
    await other.close();
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });
});
