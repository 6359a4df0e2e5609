import fc from 'fast-check';
import { connectionProblems } from '../../src/apps/connections/connection-status.service';
import { paceRule } from '../../src/apps/connections/pace';
import { patreonClientFor } from '../../src/apps/connections/patreon-client.service';
import { BudgetSpentError, requestUsage } from '../../src/apps/connections/request-budget.service';
import { requestGate } from '../../src/apps/connections/request-gate.service';
import { RequestReserve } from '../../src/apps/connections/request-reserve.service';
import { runSync } from '../../src/apps/sync/run-sync';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import type { Config } from '../../src/config';
import type { Context } from '../../src/context';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { startTestApp, type TestApp } from '../support/app';
import { sandboxControl } from '../support/sandbox-control';
import { CLIENT, forgetConnections, insertConnection } from './connection-fixtures';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let now: number;
const clock = { now: () => new Date(now) };
let sandbox: Sandbox;
let control: ReturnType<typeof sandboxControl>;
const open: TestApp[] = [];
let first: TestApp;
beforeAll(async () => {
  sandbox = await startSandbox({ campaigns: [{ members: 4 }], limits: null });
  control = sandboxControl(sandbox);
  first = await panelWith({});
});
afterAll(async () => {
  for (const panel of open.reverse()) await panel.close();
  await sandbox.close();
});
beforeEach(async () => {
  now = Date.parse('2026-11-22T10:20:00Z');
  await control.reset();
  await forgetConnections(first.context);
});

/** Another process over the same database. */
async function panelWith(patreon: Partial<Config['patreon']>): Promise<TestApp> {
  const panel = await startTestApp({
    patreonBaseUrl: sandbox.url,
    clock,
    ...(open[0] ? { databaseUrl: open[0].databaseUrl } : {}),
    configure: (config) => Object.assign(config.patreon, patreon),
  });
  open.push(panel);
  return panel;
}

const connected = async () => insertConnection(first.context, await control.mint(), { expiresIn: 30 * 24 * 3_600 });
const gateOf = (context: Context, credentialId: number) => requestGate(context, { credentialId, clientId: CLIENT.id });
const ask = (context: Context, id: number, times: number) =>
  Promise.allSettled(Array.from({ length: times }, () => gateOf(context, id).beforeRequest()));

describe('the hourly budget', () => {
  it('is one for all processes, and says until when it is spent', async () => {
    const [one, two] = [await panelWith({ hourlyBudget: 10 }), await panelWith({ hourlyBudget: 10 })];
    const { id } = await connected();
    const results = (await Promise.all([ask(one.context, id, 8), ask(two.context, id, 8)])).flat();
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(6);
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(BudgetSpentError);
      expect((reason as BudgetSpentError).until.toISOString()).toBe('2026-11-22T11:00:00.000Z');
    }
    expect(await requestUsage(two.context)).toEqual({
      used_hour: 10,
      hourly_budget: 10,
      used_day: 10,
      daily_budget: 1_000_000,
      last_429_at: null,
      waiting_until: '2026-11-22T11:00:00.000Z',
    });
    expect(await connectionProblems(one.context)).toContainEqual(expect.objectContaining({ code: 'budget_spent' }));
  });

  it('begins anew with the next hour', async () => {
    const panel = await panelWith({ hourlyBudget: 2 });
    const { id } = await connected();
    await ask(panel.context, id, 3);
    now = Date.parse('2026-11-22T11:00:00Z');
    expect((await ask(panel.context, id, 3)).map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
  });

  it('is never exceeded where one hour ends and the next begins, whoever asks', async () => {
    const processes = [await panelWith({ hourlyBudget: 7 }), await panelWith({ hourlyBudget: 7 })];
    const { id } = await connected();
    now = Date.parse('2026-11-22T10:59:59.990Z');
    const requests = processes.map(({ context }) => ask(context, id, 20));
    const points = async (hour: string) =>
      (await first.context.knex('rate_limits').where('key', `patreon_hour:${hour}`).first('points'))?.points ?? 0;
    while ((await points('2026-11-22T10')) < 3) await pause(1);
    now = Date.parse('2026-11-22T11:00:00.000Z');
    requests.push(...processes.map(({ context }) => ask(context, id, 20)));
    const sent = (await Promise.all(requests)).flat().filter(({ status }) => status === 'fulfilled');
    const [before, after] = [await points('2026-11-22T10'), await points('2026-11-22T11')];
    expect(before).toBeLessThanOrEqual(7);
    expect(after).toBe(7);
    expect(sent).toHaveLength(before + after);
  });

  it('keeps what was refused out of the count', async () => {
    const [panel, raised] = [await panelWith({ hourlyBudget: 3 }), await panelWith({ hourlyBudget: 5 })];
    const { id } = await connected();
    await ask(panel.context, id, 20);
    await ask(panel.context, id, 5);
    expect((await ask(raised.context, id, 5)).filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

  it('stops reads before they are sent, and is no fault of the connection', async () => {
    const panel = await panelWith({ hourlyBudget: 1 });
    const { id } = await connected();
    const client = await patreonClientFor(panel.context, id);
    await client.getIdentity();
    await expect(client.getIdentity()).rejects.toBeInstanceOf(BudgetSpentError);
    expect((await control.requests()).filter(({ path }) => path.startsWith('/api/'))).toHaveLength(1);
    expect(await first.context.knex('patreon_credentials').first('state', 'last_error')).toEqual({
      state: 'connected',
      last_error: null,
    });
  });
});

describe('the daily budget', () => {
  it('is spent until midnight UTC', async () => {
    const panel = await panelWith({ dailyBudget: 3 });
    const { id } = await connected();
    await ask(panel.context, id, 2);
    now = Date.parse('2026-11-22T18:00:00Z');
    const [last, refused] = await ask(panel.context, id, 2);
    expect([last?.status, refused?.status].sort()).toEqual(['fulfilled', 'rejected']);
    expect((await requestUsage(panel.context)).waiting_until).toBe('2026-11-23T00:00:00.000Z');
    now = Date.parse('2026-11-23T00:00:00Z');
    expect((await ask(panel.context, id, 1))[0]?.status).toBe('fulfilled');
  });
});

describe('a 429', () => {
  it('makes every process wait, also without a pace of ours', async () => {
    const other = await panelWith({ requestsPerMinute: 0 });
    const { id } = await connected();
    await gateOf(first.context, id).throttled(60);
    const waiting = new AbortController();
    let hasPassed = false;
    const request = gateOf(other.context, id)
      .beforeRequest(waiting.signal)
      .then(() => {
        hasPassed = !waiting.signal.aborted;
      });
    await pause(300);
    expect(hasPassed).toBe(false);
    waiting.abort();
    await request;
    const usage = await requestUsage(other.context);
    expect(usage.last_429_at).toBe('2026-11-22T10:20:00.000+00:00');
    expect(usage.waiting_until).not.toBeNull();
  });

  it('ends, and the reads go on', async () => {
    const { id } = await connected();
    await control.fault({ match: 'GET /api/oauth2/v2/identity', kind: '429', retry_after_seconds: 1, times: 1 });
    const client = await patreonClientFor(first.context, id);
    expect((await client.getIdentity()).item).not.toBeNull();
    expect((await control.requests()).map(({ status }) => status).slice(-2)).toEqual([429, 200]);
  });

  it('never shortens a pause that is longer already', async () => {
    const { id } = await connected();
    await gateOf(first.context, id).throttled(600);
    const { waiting_until } = await requestUsage(first.context);
    await gateOf(first.context, id).throttled(1);
    expect((await requestUsage(first.context)).waiting_until).toBe(waiting_until);
  });

  it('is waited out for one connection only', async () => {
    const { id } = await connected();
    await gateOf(first.context, id).throttled(600);
    const other = await connected();
    expect((await ask(first.context, other.id, 1))[0]?.status).toBe('fulfilled');
  });
});

describe('the pace', () => {
  it('lets a burst through at once and holds the rest back', async () => {
    const panel = await panelWith({ requestsPerMinute: 60 });
    const { id } = await connected();
    const waiting = new AbortController();
    let passed = 0;
    const requests = Array.from({ length: 12 }, () =>
      gateOf(panel.context, id)
        .beforeRequest(waiting.signal)
        .then(() => {
          if (!waiting.signal.aborted) passed += 1;
        }),
    );
    while (passed < 8) await pause(20);
    await pause(300);
    expect(passed).toBe(8);
    waiting.abort();
    await Promise.all(requests);
  });

  it('is none at 0', () => {
    expect(paceRule(0)).toBeNull();
  });

  it('never lets more than 100 requests fall into a minute, and never less than asked for over an hour', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 98 }), (perMinute) => {
        const { points, duration } = paceRule(perMinute) ?? { points: 0, duration: 0 };
        // The most that consecutive windows put into any minute: the end of one, all between, the beginning of one.
        expect((Math.floor(60 / duration) + 1) * points).toBeLessThanOrEqual(100);
        expect((3_600 / duration) * points).toBeGreaterThan(perMinute * 60 * 0.8);
        expect((3_600 / duration) * points).toBeLessThanOrEqual(perMinute * 60);
        expect(Number.isInteger(duration * 1_000)).toBe(true);
      }),
    );
  });
});

describe('requests that a run takes ahead', () => {
  const taken = async (reserve: RequestReserve, times: number) => {
    const results = await Promise.allSettled(Array.from({ length: times }, () => reserve.take()));
    return results.filter(({ status }) => status === 'fulfilled').length;
  };
  const counted = async (context: Context, id: number) => {
    const row = await context.knex('request_usage').where({ credential_id: id }).sum('requests as sent').first();
    return { used: (await requestUsage(context)).used_hour, recorded: Number(row?.sent ?? 0) };
  };

  it('are taken ten at a time, and what was not needed is given back', async () => {
    const { context } = await panelWith({ hourlyBudget: 100 });
    const { id } = await connected();
    const reserve = new RequestReserve(context, id);
    expect(await taken(reserve, 13)).toBe(13);
    expect(await counted(context, id)).toEqual({ used: 20, recorded: 20 });
    await reserve.close();
    await reserve.close();
    expect(await counted(context, id)).toEqual({ used: 13, recorded: 13 });
  });

  it('are taken one by one near the end of a budget, so that its last ones can be had', async () => {
    const processes = [await panelWith({ hourlyBudget: 25 }), await panelWith({ hourlyBudget: 25 })];
    const { id } = await connected();
    const reserves = processes.map(({ context }) => new RequestReserve(context, id));
    const had = await Promise.all(reserves.map((reserve) => taken(reserve, 9)));
    expect(had).toEqual([9, 9]);
    for (const reserve of reserves) had.push(await taken(reserve, 20));
    expect(had.reduce((sum, count) => sum + count)).toBe(25);
    await Promise.all(reserves.map((reserve) => reserve.close()));
    expect(await counted(first.context, id)).toEqual({ used: 25, recorded: 25 });
  });

  it('count again when they were not sent after all', async () => {
    const { context } = await panelWith({ hourlyBudget: 100 });
    const { id } = await connected();
    const reserve = new RequestReserve(context, id);
    const putBack = await reserve.take();
    await reserve.take();
    putBack();
    await reserve.close();
    expect(await counted(context, id)).toEqual({ used: 1, recorded: 1 });
  });

  it('are not given back for a request that was called off before it had one', async () => {
    const { context } = await panelWith({ hourlyBudget: 100 });
    const { id } = await connected();
    const reserve = new RequestReserve(context, id);
    const gate = requestGate(context, { credentialId: id, clientId: CLIENT.id }, { reserve });
    await gate.beforeRequest();
    await gate.afterRequest?.('answered');
    await gate.beforeRequest(AbortSignal.abort());
    await gate.afterRequest?.('not_sent');
    await reserve.close();
    expect(await counted(context, id)).toEqual({ used: 1, recorded: 1 });
  });

  it('stay counted when they were sent and called off before their answer came', async () => {
    const { context } = await panelWith({ hourlyBudget: 100 });
    const { id } = await connected();
    const reserve = new RequestReserve(context, id);
    const gate = requestGate(context, { credentialId: id, clientId: CLIENT.id }, { reserve });
    await gate.beforeRequest();
    await gate.afterRequest?.('called_off');
    await reserve.close();
    expect(await counted(context, id)).toEqual({ used: 1, recorded: 1 });
  });

  it('are given back to the hour that they were taken from', async () => {
    const { context } = await panelWith({ hourlyBudget: 100 });
    const { id } = await connected();
    const reserve = new RequestReserve(context, id);
    await reserve.take();
    now = Date.parse('2026-11-22T11:00:00Z');
    await reserve.take();
    await reserve.close();
    const hours = await context.knex('request_usage').where({ credential_id: id }).orderBy('hour').pluck('requests');
    expect(hours).toEqual([1, 1]);
    expect((await requestUsage(context)).used_hour).toBe(1);
  });

  it('of a whole sync are those that were sent', async () => {
    const { context } = await panelWith({});
    const { id } = await connected();
    const { runId } = await requestSync(context, { trigger: 'cli', credentialId: id });
    await runSync(context, runId, new AbortController().signal);
    const run = await context.knex('sync_runs').where({ id: runId }).first('state', 'requests');
    expect(run.state).toBe('succeeded');
    expect(await counted(context, id)).toEqual({ used: run.requests, recorded: run.requests });
  });
});

describe('the record of requests', () => {
  it('counts requests, refusals and pauses by hour and connection', async () => {
    const { id } = await connected();
    const client = await patreonClientFor(first.context, id);
    await control.fault({ match: 'GET /api/oauth2/v2/identity', kind: '429', retry_after_seconds: 1, times: 1 });
    await client.getIdentity();
    await client.listCampaigns();
    const row = () => first.context.knex('request_usage').where({ credential_id: id }).first();
    for (let i = 0; i < 50 && (await row())?.errors !== 1; i++) await pause(20);
    expect(await row()).toMatchObject({ hour: '2026-11-22T10:00:00.000+00:00', requests: 3, errors: 1, throttled: 1 });
  });
});
