import { connectionProblems } from '../../src/apps/connections/connection-status.service';
import { patreonClientFor } from '../../src/apps/connections/patreon-client.service';
import { requestUsage } from '../../src/apps/connections/request-budget.service';
import { requestGate } from '../../src/apps/connections/request-gate.service';
import { RequestsHeldError } from '../../src/apps/connections/request-holds.service';
import { requestLimiters } from '../../src/apps/connections/request-limiters';
import type { Config } from '../../src/config';
import type { Context } from '../../src/context';
import type { RequestResult } from '../../src/patreon/request-outcome';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { startTestApp, type TestApp } from '../support/app';
import { sandboxControl } from '../support/sandbox-control';
import { CLIENT, forgetConnections, insertConnection } from './connection-fixtures';

const IDENTITY = 'GET /api/oauth2/v2/identity';
const JSON_ONLY = { accept: 'application/json' };

let sandbox: Sandbox;
let control: ReturnType<typeof sandboxControl>;
const open: TestApp[] = [];
let panel: TestApp;
beforeAll(async () => {
  sandbox = await startSandbox({ campaigns: [{ members: 4 }], limits: null });
  control = sandboxControl(sandbox);
  panel = await panelWith({ breakerSeconds: 60, edgeBlockSeconds: 300 });
});
afterAll(async () => {
  for (const one of open.reverse()) await one.close();
  await sandbox.close();
});
beforeEach(async () => {
  await control.reset();
  await forgetConnections(panel.context);
});

/** Another process over the same database. */
async function panelWith(patreon: Partial<Config['patreon']>): Promise<TestApp> {
  const one = await startTestApp({
    patreonBaseUrl: sandbox.url,
    ...(open[0] ? { databaseUrl: open[0].databaseUrl } : {}),
    configure: (config) => Object.assign(config.patreon, patreon),
  });
  open.push(one);
  return one;
}

const connected = async () => (await insertConnection(panel.context, await control.mint(), { expiresIn: 86_400 })).id;
const gateOf = (context: Context, credentialId: number, options: { interactive?: boolean } = {}) =>
  requestGate(context, { credentialId, clientId: CLIENT.id }, options);

async function requestsThatEnd(context: Context, id: number, results: RequestResult[]): Promise<void> {
  for (const result of results) {
    const gate = gateOf(context, id);
    await gate.beforeRequest();
    await gate.afterRequest?.(result);
  }
}

/** A person's request, which never waits: what holds it, or null when it is let through. */
async function heldBy(context: Context, id: number): Promise<RequestsHeldError | null> {
  try {
    await gateOf(context, id, { interactive: true }).beforeRequest();
    return null;
  } catch (error) {
    if (error instanceof RequestsHeldError) return error;
    throw error;
  }
}

const reasonOf = async (context: Context, id: number) => (await heldBy(context, id))?.reason ?? null;
const minutesLeft = (until: Date | string) => (new Date(until).getTime() - Date.now()) / 60_000;
const failures = (count: number): RequestResult[] => Array.from({ length: count }, () => 'failed');
const endTheWait = (prefix: string) =>
  panel.context.knex('rate_limits').whereLike('key', `${prefix}:%`).update({ expire: Date.now() });

describe('a pause that Patreon asked for', () => {
  it('holds a request that was waiting for its turn already', async () => {
    // One request in 625 ms.
    const slow = await panelWith({ requestsPerMinute: 97 });
    const id = await connected();
    const { token } = requestLimiters(slow.context);
    await token?.consume(String(id));
    const waiting = new AbortController();
    let isThrough = false;
    const request = gateOf(slow.context, id)
      .beforeRequest(waiting.signal)
      .then(() => {
        isThrough = !waiting.signal.aborted;
      });
    const turns = async () => (await token?.get(String(id)))?.consumedPoints ?? 0;
    while ((await turns()) < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await gateOf(panel.context, id).throttled(600);
    await token?.delete(String(id));
    // The request takes its turn when the window that it saw is over.
    while ((await turns()) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isThrough).toBe(false);
    waiting.abort();
    await request;
  });

  it('is not shortened by another process that was told less at the same time', async () => {
    const other = await panelWith({});
    const id = await connected();
    for (let round = 0; round < 5; round++) {
      await panel.context.knex('rate_limits').delete();
      const told = [1, 800, 2, 3].map((seconds, i) => gateOf((i % 2 ? panel : other).context, id).throttled(seconds));
      await Promise.all(told);
      const { waiting_until } = await requestUsage(panel.context);
      expect(minutesLeft(waiting_until as string)).toBeGreaterThan(13);
    }
  });

  it('of more than 15 minutes sends background work away until then', async () => {
    const id = await connected();
    await control.fault({ match: IDENTITY, kind: '429', retry_after_seconds: 3_600, times: 1 });
    const client = await patreonClientFor(panel.context, id);
    for (let i = 0; i < 2; i++) {
      const error = await client.getIdentity().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'RequestsHeldError', reason: 'throttled', status: 503 });
      expect(minutesLeft((error as RequestsHeldError).until)).toBeGreaterThan(59);
    }
    expect((await control.requests()).filter(({ path }) => path.includes('/identity'))).toHaveLength(1);
  });
});

describe('the circuit breaker', () => {
  it('opens for everybody after five failures in a row, whoever met them', async () => {
    const other = await panelWith({ breakerSeconds: 60 });
    const id = await connected();
    await requestsThatEnd(panel.context, id, failures(3));
    await requestsThatEnd(other.context, id, failures(1));
    expect(await reasonOf(panel.context, id)).toBeNull();
    await requestsThatEnd(other.context, id, failures(1));
    for (const { context } of [panel, other]) expect(await reasonOf(context, id)).toBe('breaker_open');
  });

  it.each<RequestResult>(['answered', 'refused'])('starts to count again when a request is %s', async (result) => {
    const id = await connected();
    await requestsThatEnd(panel.context, id, [...failures(4), result, ...failures(4)]);
    expect(await reasonOf(panel.context, id)).toBeNull();
  });

  it('counts what was not sent neither way', async () => {
    const id = await connected();
    await requestsThatEnd(panel.context, id, [...failures(4), 'not_sent', ...failures(1)]);
    expect(await reasonOf(panel.context, id)).toBe('breaker_open');
  });

  it('holds one connection and no other', async () => {
    const [id, other] = [await connected(), await connected()];
    await requestsThatEnd(panel.context, id, failures(5));
    expect(await reasonOf(panel.context, other)).toBeNull();
  });

  it('opens over outages, broken connections and pages of HTML, and sends nothing more', async () => {
    const id = await connected();
    await requestsThatEnd(panel.context, id, failures(2));
    await control.fault({ match: IDENTITY, kind: '503', times: 1 });
    await control.fault({ match: IDENTITY, kind: 'disconnect', times: 1 });
    await control.fault({ match: IDENTITY, kind: 'html-200', times: null });
    const stop = new AbortController();
    const holds: string[] = [];
    const client = await patreonClientFor(panel.context, id, {
      signal: stop.signal,
      onHold({ reason }) {
        holds.push(reason);
        stop.abort();
      },
    });
    await expect(client.getIdentity()).rejects.toMatchObject({ kind: 'cancelled' });
    expect(holds).toEqual(['breaker_open']);
    expect((await control.requests()).filter(({ path }) => path.includes('/identity'))).toHaveLength(3);
  });

  it('lets one request of all processes try when its time is over', async () => {
    const processes = [panel, await panelWith({}), await panelWith({})];
    const id = await connected();
    await requestsThatEnd(panel.context, id, failures(5));
    await endTheWait('patreon_open');
    const gates = processes.flatMap(({ context }) => Array.from({ length: 5 }, () => gateOf(context, id)));
    const through: typeof gates = [];
    const requests = gates.map((gate) => gate.beforeRequest().then(() => through.push(gate)));
    while (through.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(through).toHaveLength(1);
    await through[0]?.afterRequest?.('answered');
    await Promise.all(requests);
    expect(through).toHaveLength(gates.length);
    expect(await reasonOf(panel.context, id)).toBeNull();
  });

  it('opens again when the one that tried has failed', async () => {
    const id = await connected();
    await requestsThatEnd(panel.context, id, failures(5));
    await endTheWait('patreon_open');
    await requestsThatEnd(panel.context, id, failures(1));
    const hold = await heldBy(panel.context, id);
    expect(hold).toMatchObject({ reason: 'breaker_open' });
    expect(minutesLeft(hold?.until as Date)).toBeGreaterThan(0.9);
  });

  it('lets another request try when the one that would have was not sent, or its process died', async () => {
    const id = await connected();
    await requestsThatEnd(panel.context, id, failures(5));
    await endTheWait('patreon_open');
    await requestsThatEnd(panel.context, id, ['not_sent']);
    await gateOf(panel.context, id).beforeRequest();
    expect(await reasonOf(panel.context, id)).toBe('breaker_open');
    await endTheWait('patreon_trial');
    expect(await reasonOf(panel.context, id)).toBeNull();
  });

  it('is waited out by background work, which then goes on by itself', async () => {
    const quick = await panelWith({ breakerSeconds: 0.3 });
    const id = await connected();
    await requestsThatEnd(quick.context, id, failures(5));
    const client = await patreonClientFor(quick.context, id);
    expect((await client.getIdentity()).item).not.toBeNull();
  });
});

describe('a person who waits for an answer', () => {
  it('is told at once until when nothing is asked', async () => {
    const id = await connected();
    await requestsThatEnd(panel.context, id, failures(5));
    const client = await patreonClientFor(panel.context, id, { interactive: true });
    const error = await client.getIdentity().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RequestsHeldError);
    expect(error).toMatchObject({ status: 503, code: 'breaker_open', message: expect.stringContaining('until 20') });
    expect((error as RequestsHeldError).retryAfterSeconds).toBeGreaterThan(30);
    expect(await control.requests()).toEqual([]);
  });

  it('does not wait for a pause that begins with the request', async () => {
    const id = await connected();
    await control.fault({ match: IDENTITY, kind: '429', retry_after_seconds: 120, times: 1 });
    const client = await patreonClientFor(panel.context, id, { interactive: true });
    await expect(client.getIdentity()).rejects.toMatchObject({ kind: 'rate_limited', retryAfterSeconds: 120 });
    await expect(client.getIdentity()).rejects.toMatchObject({ reason: 'throttled' });
  });
});

describe('refusals', () => {
  it('are counted for the client, and at the cap nobody asks until their window ends', async () => {
    const [id, other] = [await connected(), await connected()];
    await requestLimiters(panel.context).refusals.penalty(CLIENT.id, 498);
    const client = await patreonClientFor(panel.context, id);
    await expect(client.getMember('nobody')).rejects.toMatchObject({ kind: 'not_found' });
    expect(await reasonOf(panel.context, id)).toBeNull();
    await expect(client.getMember('nobody')).rejects.toMatchObject({ kind: 'not_found' });
    const hold = await heldBy(panel.context, other);
    expect(hold).toMatchObject({ reason: 'refusals_capped' });
    expect(minutesLeft(hold?.until as Date)).toBeGreaterThan(9);
    await endTheWait('patreon_refusals');
    expect(await reasonOf(panel.context, id)).toBeNull();
  });
});

describe('a block by the edge', () => {
  it('fails the read that met it, once, and holds everybody for minutes without touching the tokens', async () => {
    const [id, other] = [await connected(), await connected()];
    await control.fault({ match: IDENTITY, kind: 'html', times: null });
    const client = await patreonClientFor(panel.context, id);
    await expect(client.getIdentity()).rejects.toMatchObject({ kind: 'blocked' });
    const hold = await heldBy(panel.context, other);
    expect(hold).toMatchObject({ reason: 'edge_blocked' });
    expect(minutesLeft(hold?.until as Date)).toBeGreaterThan(4);
    expect((await control.requests()).map(({ status }) => status)).toEqual([403]);
    expect(await panel.context.knex('patreon_credentials').where({ id }).first('state')).toEqual({
      state: 'connected',
    });
  });
});

describe('the status page', () => {
  it.each<[string, (id: number) => Promise<unknown>, RegExp]>([
    ['throttled', (id) => gateOf(panel.context, id).throttled(600), /asked us to slow down/],
    ['breaker_open', (id) => requestsThatEnd(panel.context, id, failures(5)), /did not answer several times/],
    ['edge_blocked', (id) => requestsThatEnd(panel.context, id, ['blocked']), /turned us away/],
    ['refusals_capped', () => requestLimiters(panel.context).refusals.penalty(CLIENT.id, 500), /refused so many/],
  ])('says in words that requests wait (%s), and until when', async (code, hold, words) => {
    const id = await connected();
    await hold(id);
    const viewer = await panel.signInAs('viewer');
    const { body } = await viewer.get('/patreon/api/status/', JSON_ONLY).expect(200);
    expect(minutesLeft(body.requests.waiting_until)).toBeGreaterThan(0.9);
    expect(body.problems).toContainEqual({
      code,
      message: expect.stringMatching(words),
      fix_url: '/patreon/api/status/',
    });
    expect((await viewer.get('/patreon/api/status/').expect(200)).text).toMatch(words);
    const french = await viewer.get('/patreon/api/status/', { 'accept-language': 'fr' }).expect(200);
    expect(french.text).toContain('UTC');
  });

  it('says nothing when nothing waits', async () => {
    await connected();
    expect((await requestUsage(panel.context)).waiting_until).toBeNull();
    expect(await connectionProblems(panel.context)).toEqual([]);
  });
});
