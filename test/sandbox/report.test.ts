import { RequestReport } from '../../src/sandbox/request-report';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { sandboxControl } from '../support/sandbox-control';
import { type MintedToken, mintToken, SandboxClient } from './sandbox-client';

const API = '/api/oauth2/v2/identity';

describe('the report of the sandbox', () => {
  describe('counts', () => {
    let now: number;
    let report: RequestReport;
    const one = { clientId: 'client', grant: 'one' };
    const other = { clientId: 'client', grant: 'other' };

    beforeEach(() => {
      now = Date.parse('2026-09-01T10:59:00Z');
      report = new RequestReport(() => now);
    });

    const ask = (sender = one, status = 200, wait?: number | string): void => {
      report.arrive(API, sender, []);
      report.leave(API, sender, status, wait);
    };
    const askOften = (times: number, sender = one): void => {
      for (let i = 0; i < times; i += 1) ask(sender);
    };
    const window = (name: string) => report.summary().windows[name];

    it('in windows that slide', () => {
      askOften(60);
      now += 1_500;
      askOften(40);
      expect(window('client')).toMatchObject({ highest: 100, violations: 0 });
      now += 499;
      askOften(1);
      expect(window('client')).toMatchObject({ highest: 101, violations: 1 });
      now += 1;
      askOften(59);
      expect(window('client')).toMatchObject({ highest: 101, violations: 1 });
    });

    it('all tokens of a client together, and each token by itself', () => {
      askOften(100);
      askOften(100, other);
      expect(window('client')).toMatchObject({ requests: 100, windowMs: 2_000, highest: 200, violations: 100 });
      expect(window('token')).toMatchObject({ requests: 100, windowMs: 60_000, highest: 100, violations: 0 });
      now += 59_999;
      ask();
      expect(window('token')).toMatchObject({ highest: 101, violations: 1 });
    });

    it('in windows of one’s own, by the clock’s hours if they should', () => {
      const hour = { requests: 3, windowMs: 3_600_000, per: 'token' } as const;
      report.setWindows({ sliding: { ...hour, aligned: false }, hourly: { ...hour, aligned: true } });
      askOften(3);
      now += 60_000;
      askOften(3);
      expect(window('hourly')).toMatchObject({ highest: 3, violations: 0 });
      expect(window('sliding')).toMatchObject({ highest: 6, violations: 3 });
    });

    it('requests that came before a throttling let them, apart from those that were on their way', () => {
      ask(one, 429, 10);
      now += 1_900;
      ask();
      expect(report.summary().throttled).toEqual({ answers: 1, too_early: 1, too_early_certain: 0 });
      now += 200;
      ask();
      ask(other);
      expect(report.summary().throttled).toEqual({ answers: 1, too_early: 2, too_early_certain: 1 });
      now += 7_900;
      ask();
      expect(report.summary().throttled).toMatchObject({ too_early: 2 });
    });

    it('no impatience where a throttling said nothing that can be obeyed', () => {
      for (const wait of [undefined, 'soon', -5, Number.NaN]) ask(one, 429, wait);
      askOften(5);
      expect(report.summary().throttled).toEqual({ answers: 4, too_early: 0, too_early_certain: 0 });
    });
  });

  describe('of a running sandbox', () => {
    let sandbox: Sandbox;
    let pair: MintedToken;
    let client: SandboxClient;
    let control: ReturnType<typeof sandboxControl>;

    beforeAll(async () => {
      sandbox = await startSandbox({ limits: null, campaigns: [{ members: 3 }] });
      control = sandboxControl(sandbox);
    });
    beforeEach(async () => {
      await control.reset();
      await control.resetReport();
      pair = await mintToken(sandbox);
      client = new SandboxClient(sandbox, pair.access_token);
    });
    afterAll(() => sandbox.close());

    it('counts answers by status, faults and broken rules, and forgets nothing', async () => {
      await control.fault({ match: `GET ${API}`, kind: '500' });
      await control.fault({ match: `GET ${API}`, kind: 'disconnect' });
      await client.getError('/identity');
      await client.send('/identity').catch(() => undefined);
      await client.get('/identity');
      await client.get('/identity', { sort: 'x' });
      await client.getError('/nothing');
      expect(await control.report()).toMatchObject({
        requests: 5,
        highest_in_flight: 1,
        by_status: { 0: 1, 200: 2, 404: 1, 500: 1 },
        faults: { 500: 1, disconnect: 1 },
        violations: { 'parameter sort has no effect': 1 },
        windows: { client: { highest: 5, violations: 0 }, client_errors: { requests: 2_000, highest: 1 } },
      });
    });

    it('judges the limits though they are not enforced', async () => {
      await control.settings({ windows: { strict: { requests: 2, windowMs: 3_600_000 } } });
      for (let i = 0; i < 5; i += 1) await client.get('/identity');
      expect((await control.report()).windows).toMatchObject({ strict: { highest: 5, violations: 3, per: 'token' } });
      await control.settings({ windows: {} });
    });

    it.each([
      ['in the body', { retry_after_seconds: 60 }],
      ['in a header', { retry_after_seconds: null, retry_after_header: 60 }],
    ])('tells of a client that does not wait though asked to %s', async (_, wait) => {
      await control.fault({ match: `GET ${API}`, kind: '429', ...wait });
      await client.getError('/identity');
      await client.get('/identity');
      expect((await control.report()).throttled).toMatchObject({ answers: 1, too_early: 1 });
    });

    it('tells of refresh tokens that are used twice, by a digest', async () => {
      const refresh = async () => {
        const names = { client_id: sandbox.clientId, client_secret: sandbox.clientSecret };
        const fields = { grant_type: 'refresh_token', refresh_token: pair.refresh_token, ...names };
        const headers = { 'user-agent': 'Sandbox test' };
        const init = { method: 'POST', headers, body: new URLSearchParams(fields) };
        return (await fetch(`${sandbox.url}/api/oauth2/token`, init)).status;
      };
      await control.fault({ match: 'POST /api/oauth2/token', kind: '503' });
      expect([await refresh(), await refresh(), await refresh()]).toEqual([503, 200, 401]);
      const { tokens } = await control.report();
      expect(tokens).toMatchObject({ requests: 3, refreshes: 1, refused: 1, reused: 1 });
      expect(tokens.reused_digests).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/)]);
    });

    it('starts anew when it is reset', async () => {
      await client.get('/identity');
      await control.resetReport();
      expect(await control.report()).toMatchObject({ requests: 0, by_status: {}, windows: { token: { highest: 0 } } });
    });

    it('waits before each answer as long as it is told to, so that reads overlap', async () => {
      await control.settings({ latency_ms: 300 });
      await Promise.all([client.get('/identity'), client.get('/identity'), client.get('/identity')]);
      await control.settings({ latency_ms: 0 });
      expect((await control.report()).highest_in_flight).toBe(3);
    });
  });
});
