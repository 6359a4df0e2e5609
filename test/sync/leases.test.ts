import { setTimeout as sleep } from 'node:timers/promises';
import { claimRun, LeaseLostError } from '../../src/apps/sync/run-lease';
import { runSync } from '../../src/apps/sync/run-sync';
import { syncReport } from '../../src/apps/sync/sync-report';
import { cancelRun, recoverRuns, requestSync } from '../../src/apps/sync/sync-runs.service';
import { type Context, createContext } from '../../src/context';
import { type ConnectedPanel, MEMBERS, partOf, startConnectedPanel } from './connected-panel';

const COUNT = 1_010;
const neverStops = new AbortController().signal;

describe('one run among several processes', () => {
  let panel: ConnectedPanel;
  let other: Context;

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: COUNT, posts: 5 }] });
    const { config, log } = panel.context;
    other = await createContext({ ...config, database: { ...config.database, url: panel.app.databaseUrl } }, { log });
  }, 40_000);
  afterEach(async () => {
    await other.close();
    await panel.close();
  });

  const request = (context = panel.context) => requestSync(context, { trigger: 'cli', withoutJob: true });
  const runRow = (id: number) => panel.context.knex('sync_runs').where({ id }).first();
  const expireLease = (id: number) =>
    panel.context.knex('sync_runs').where({ id }).update({ lease_until: '2020-01-01' });
  const locks = () => panel.context.knex('sync_locks');
  const liveMembers = async () =>
    Number((await panel.context.knex('patreon_members').whereNull('gone_at').count('* as n').first())?.n);
  /** Resolves when Patreon has been asked for this page of members, which it then keeps waiting. */
  const holdPage = async (page: number, delay_ms: number) => {
    await panel.control.fault({ match: MEMBERS, kind: 'slow', page, times: 1, delay_ms });
    return async () => {
      for (let tries = 0; tries < 200; tries += 1) {
        const run = await panel.context.knex('sync_run_resources').where({ resource: 'members' }).first('pages');
        if (run && run.pages >= page - 1) return;
        await sleep(25);
      }
      throw new Error('The page before was never stored');
    };
  };

  it('is one run for two requests at the same moment', async () => {
    const asked = await Promise.all(Array.from({ length: 8 }, (_, n) => request(n % 2 ? other : panel.context)));
    expect(new Set(asked.map(({ runId }) => runId)).size).toBe(1);
    expect(asked.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await panel.context.knex('sync_runs')).toHaveLength(1);
  });

  it('is executed once by two who try', async () => {
    const { runId } = await request();
    const outcomes = await Promise.all([runSync(panel.context, runId, neverStops), runSync(other, runId, neverStops)]);
    expect(outcomes.sort()).toEqual(['not_ours', 'succeeded']);
    expect(partOf(await syncReport(panel.context, runId), 'members')).toMatchObject({ fetched: COUNT, created: COUNT });
  });

  it('leaves room for the next run once it has ended, and does nothing when it is executed again', async () => {
    const { runId } = await request();
    await runSync(panel.context, runId, neverStops);
    expect(await locks()).toEqual([]);
    expect(await runSync(panel.context, runId, neverStops)).toBe('not_ours');
    expect((await request()).isNew).toBe(true);
  });

  it('is not taken over while its lease lasts', async () => {
    const { runId } = await request();
    const lease = await claimRun(panel.context, runId);
    expect(lease).not.toBeNull();
    expect(await claimRun(other, runId)).toBeNull();
    lease?.stop();
  });

  it('is taken over when its process died, and ends as if nothing had happened', async () => {
    const { runId } = await request();
    const dead = await claimRun(panel.context, runId);
    dead?.stop();
    await dead?.write((trx) =>
      trx('patreon_campaigns').insert({ patreon_id: '9100001', name: 'Half done', read_seq: 0 }),
    );
    await expireLease(runId);
    expect(await runSync(other, runId, neverStops)).toBe('succeeded');
    expect(await liveMembers()).toBe(COUNT);
    expect(await runRow(runId)).toMatchObject({ state: 'succeeded', epoch: 2 });
    expect(await panel.context.knex('patreon_campaigns').pluck('name')).toEqual(['Lantern Harbour']);
  });

  it('refuses every write of the one that lost it', async () => {
    const { runId } = await request();
    const zombie = await claimRun(panel.context, runId);
    zombie?.stop();
    await expireLease(runId);
    const heir = await claimRun(other, runId);
    heir?.stop();
    const write = zombie?.write((trx) => trx('settings').insert({ key: 'zombie', value: '1' }));
    await expect(write).rejects.toThrow(LeaseLostError);
    await heir?.write((trx) => trx('settings').insert({ key: 'heir', value: '1' }));
    expect(await panel.context.knex('settings').whereIn('key', ['zombie', 'heir']).pluck('key')).toEqual(['heir']);
  });

  it('survives a process that sleeps through its lease in the middle of a list', async () => {
    const { runId } = await request();
    const pageIsHeld = await holdPage(3, 3_000);
    const sleeper = runSync(panel.context, runId, neverStops);
    await pageIsHeld();
    await expireLease(runId);
    expect(await runSync(other, runId, neverStops)).toBe('succeeded');
    expect(await sleeper).toBe('not_ours');
    const report = await syncReport(panel.context, runId);
    expect(report.state).toBe('succeeded');
    // The first 1,000 were stored by the sleeper; whoever took over went on behind them.
    expect(partOf(report, 'members')).toMatchObject({ fetched: COUNT, created: COUNT, unchanged: 0 });
    expect(await liveMembers()).toBe(COUNT);
    expect(await locks()).toEqual([]);
  }, 40_000);

  it('is found and queued again when nobody works on it', async () => {
    const { runId } = await request();
    (await claimRun(panel.context, runId))?.stop();
    expect(await recoverRuns(panel.context)).toBe(0);
    await expireLease(runId);
    expect(await recoverRuns(panel.context)).toBe(1);
    expect(await recoverRuns(other)).toBe(1);
    const jobs = await panel.context.knex.raw(
      `select count(*)::int as n from graphile_worker.jobs where task_identifier = 'sync-run'`,
    );
    expect(jobs.rows[0].n).toBe(1);
  });

  it('goes back into the queue when its process is asked to stop, and its next holder finishes it', async () => {
    const { runId } = await request();
    const stop = new AbortController();
    const pageIsHeld = await holdPage(2, 3_000);
    const running = runSync(panel.context, runId, stop.signal);
    await pageIsHeld();
    stop.abort();
    expect(await running).toBe('queued');
    expect(await runRow(runId)).toMatchObject({ state: 'queued', lease_until: null });
    expect(await locks()).toHaveLength(1);
    expect(await runSync(other, runId, neverStops)).toBe('succeeded');
    expect(await liveMembers()).toBe(COUNT);
  }, 40_000);

  it('is told to stop also while Patreon makes everybody wait, and says until when that is', async () => {
    panel.context.config.sync.leaseSeconds = 1;
    await panel.control.fault({ match: MEMBERS, kind: '429', retry_after_seconds: 600 });
    const { runId } = await request();
    const running = runSync(panel.context, runId, neverStops);
    for (let tries = 0; tries < 400 && (await runRow(runId)).waiting_until === null; tries += 1) await sleep(25);
    expect((await runRow(runId)).waiting_until).not.toBeNull();
    await cancelRun(other, runId);
    expect(await running).toBe('cancelled');
    expect(await runRow(runId)).toMatchObject({ state: 'cancelled', waiting_until: null });
    expect(await locks()).toEqual([]);
  }, 40_000);

  it('is left to whoever takes it over in the very moment in which it is to end', async () => {
    const { runId } = await request();
    // Stands for the other process: whoever ends the run as cancelled finds that it is no longer theirs.
    await panel.context.knex.raw(`
      create function keep_open() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger keep_open before update on sync_runs for each row when (new.state = 'cancelled')
        execute function keep_open();
    `);
    const paused = await holdPage(2, 400);
    const running = runSync(panel.context, runId, neverStops);
    await paused();
    await cancelRun(other, runId);
    expect(await running).toBe('not_ours');
    await panel.context.knex.raw('drop trigger keep_open on sync_runs');
    await expireLease(runId);
    expect(await runSync(other, runId, neverStops)).toBe('cancelled');
  }, 30_000);

  it('ends cancelled after the page under way, keeps what it stored and marks nobody gone', async () => {
    const { runId } = await request();
    const pageIsHeld = await holdPage(2, 1_500);
    const running = runSync(panel.context, runId, neverStops);
    await pageIsHeld();
    await cancelRun(other, runId);
    expect(await running).toBe('cancelled');
    expect(await runRow(runId)).toMatchObject({ state: 'cancelled' });
    expect(await locks()).toEqual([]);
    expect(await liveMembers()).toBe(500);
    const parts = await panel.context.knex('sync_run_resources').where({ run_id: runId, state: 'running' });
    expect(parts).toEqual([]);
    expect(await panel.sync()).toMatchObject({ state: 'succeeded' });
    expect(await liveMembers()).toBe(COUNT);
  }, 40_000);

  it('ends at once when it is cancelled before it began', async () => {
    const { runId } = await request();
    expect(await cancelRun(panel.context, runId)).toMatchObject({ state: 'cancelled' });
    expect(await runSync(panel.context, runId, neverStops)).toBe('not_ours');
    expect(await locks()).toEqual([]);
    await expect(cancelRun(panel.context, runId)).resolves.toMatchObject({ state: 'cancelled' });
  });

  it('never lets an older read overwrite a newer one', async () => {
    await panel.sync();
    const { knex } = panel.context;
    const [id] = await knex('patreon_members').orderBy('id').limit(1).pluck('id');
    await knex('patreon_members').where({ id }).update({ full_name: 'Read later', read_seq: 2_000_000_000 });
    expect(partOf(await panel.sync(), 'members')).toMatchObject({ updated: 0, gone: 0 });
    expect(await knex('patreon_members').where({ id }).first('full_name')).toEqual({ full_name: 'Read later' });
  });
});

describe('a run whose budget is spent', () => {
  let panel: ConnectedPanel;
  let spent: Context;
  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: 40, posts: 5 }] });
    await panel.sync();
    await panel.control.reset();
    // As after a restart with another setting: what was used so far is more than this.
    const { config } = panel.context;
    spent = { ...panel.context, config: { ...config, patreon: { ...config.patreon, hourlyBudget: 1 } } };
  }, 40_000);
  afterEach(() => panel.close());

  it('waits, says until when, asks nothing of Patreon, and goes back into the queue when its process stops', async () => {
    const { runId } = await requestSync(spent, { trigger: 'cli', withoutJob: true });
    const stop = new AbortController();
    const running = runSync(spent, runId, stop.signal);
    const waiting = await untilWaiting(panel, runId);
    const nextHour = new Date(Math.ceil((Date.now() + 1) / 3_600_000) * 3_600_000);
    expect(new Date(waiting.waiting_until)).toEqual(nextHour);
    expect(waiting).toMatchObject({ state: 'running', errors: [] });
    expect(await panel.control.requests()).toEqual([]);
    stop.abort();
    expect(await running).toBe('queued');
  });

  it('is stopped by a person while it waits', async () => {
    const { runId } = await requestSync(spent, { trigger: 'cli', withoutJob: true });
    const running = runSync(spent, runId, neverStops);
    await untilWaiting(panel, runId);
    await cancelRun(panel.context, runId);
    expect(await running).toBe('cancelled');
    expect(await panel.context.knex('sync_locks')).toEqual([]);
  });
});

async function untilWaiting({ context }: ConnectedPanel, runId: number) {
  for (let tries = 0; tries < 200; tries += 1) {
    const run = await context.knex('sync_runs').where({ id: runId }).first();
    if (run.waiting_until) return run;
    await sleep(25);
  }
  throw new Error('The run never waited');
}
