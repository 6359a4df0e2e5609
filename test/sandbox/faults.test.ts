import { once } from 'node:events';
import { request } from 'node:http';
import type { JsonApiDocument } from '../../src/sandbox/document';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { sandboxControl } from '../support/sandbox-control';
import { type MintedToken, mintToken, SandboxClient, until } from './sandbox-client';

const CAMPAIGN = '9100001';
const LIST = `/campaigns/${CAMPAIGN}/members`;
const MATCH = 'GET /api/oauth2/v2/campaigns/{id}/members';
const MEMBERS = 50;

describe('the faults of the sandbox', () => {
  let sandbox: Sandbox;
  let pair: MintedToken;
  let client: SandboxClient;
  let control: ReturnType<typeof sandboxControl>;

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 3, limits: null, campaigns: [{ members: MEMBERS, posts: 5 }] });
    control = sandboxControl(sandbox);
  });
  beforeEach(async () => {
    await control.reset();
    await control.settings({ most_per_page: 10, latency_ms: 0, reuse_revokes: false });
    pair = await mintToken(sandbox);
    client = new SandboxClient(sandbox, pair.access_token);
  });
  afterAll(() => sandbox.close());

  const fault = (body: object) => control.fault({ match: MATCH, ...body });
  const page = (cursor?: string | null) => client.get(LIST, cursor ? { 'page[cursor]': cursor } : {});
  const nextOf = ({ meta }: JsonApiDocument) => meta?.pagination.cursors?.next;
  const idsOf = (...documents: JsonApiDocument[]) => documents.flatMap(({ data }) => [data].flat().map(({ id }) => id));
  /** The cursor of each page, from the second. */
  const cursors = async (): Promise<(string | null)[]> => (await client.walk(LIST)).map((one) => nextOf(one) ?? null);
  const statuses = async (count: number) => {
    const seen: number[] = [];
    for (let i = 0; i < count; i += 1) seen.push((await client.send(LIST)).status);
    return seen;
  };

  describe('strike', () => {
    it('a page and all after it', async () => {
      const [second, third] = await cursors();
      await fault({ kind: '500', from_page: 2, times: null });
      expect((await page()).status).toBe(200);
      expect((await page(second)).status).toBe(500);
      expect((await page(third)).status).toBe(500);
    });

    it('only after some requests passed, and tell how often they struck', async () => {
      await fault({ kind: '500', skip: 2, times: 2 });
      expect(await statuses(6)).toEqual([200, 200, 500, 500, 200, 200]);
      expect(await control.faults()).toMatchObject([{ kind: '500', struck: 2, times: 0 }]);
    });

    it('by chance, the same way each time', async () => {
      await fault({ kind: '503', times: null, probability: 0.5 });
      const seen = await statuses(40);
      const struck = seen.filter((status) => status === 503).length;
      expect(struck).toBeGreaterThan(5);
      expect(struck).toBeLessThan(35);
    });
  });

  describe('on the way to an answer', () => {
    it.each([
      ['text', 'soon'],
      ['a negative number', -5],
      ['a fraction', 0.25],
      ['a huge number', 1e12],
    ])('can ask to wait for %s', async (_, wait) => {
      await fault({ kind: '429', retry_after_seconds: wait, retry_after_header: wait });
      const { status, headers, body } = await client.getError(LIST);
      expect([status, headers.get('retry-after')]).toEqual([429, String(wait)]);
      expect(body.errors[0]).toHaveProperty('retry_after_seconds', wait);
    });

    it.each([
      ['401', 401, 'Unauthorized'],
      ['403', 403, 'ViewForbidden'],
      ['404', 404, 'ResourceMissing'],
    ])('can refuse with %s and leave the token good', async (kind, status, codeName) => {
      await fault({ kind });
      const refusal = await client.getError(LIST);
      expect([refusal.status, refusal.body.errors[0]?.code_name]).toEqual([status, codeName]);
      expect((await page()).status).toBe(200);
    });

    it('can revoke the token: nothing works from then on, not even a refresh', async () => {
      const [second] = await cursors();
      await fault({ kind: 'revoked-token', page: 2 });
      expect((await page()).status).toBe(200);
      expect((await page(second)).status).toBe(401);
      expect((await page()).status).toBe(401);
      expect(await refresh(pair.refresh_token)).toEqual([401, { error: 'invalid_grant' }]);
    });

    it('can answer a page of HTML as if it were good', async () => {
      await fault({ kind: 'html-200' });
      const response = await client.send(LIST);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    });

    it('can drip the body', async () => {
      await fault({ kind: 'slow-body', bytes_per_second: 2_000 });
      const response = await client.send(LIST);
      const portions: number[] = [];
      for await (const portion of response.body ?? []) portions.push(portion.length);
      expect(portions.length).toBeGreaterThan(1);
      const whole = Number(response.headers.get('content-length'));
      expect(portions.reduce((sum, length) => sum + length)).toBe(whole);
    });

    it('can reset the connection amid the body', async () => {
      await fault({ kind: 'reset' });
      const response = await client.send(LIST);
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
    });

    it('can keep silent until the client goes away', async () => {
      const before = (await control.report()).by_status[0] ?? 0;
      await fault({ kind: 'silence' });
      const { hostname, port } = new URL(sandbox.url);
      const headers = { authorization: `Bearer ${pair.access_token}`, 'user-agent': 'Sandbox test' };
      const sent = request({ hostname, port, path: `/api/oauth2/v2${LIST}`, headers }).end();
      const closed = once(sent, 'error');
      await until(async () => (await control.faults())[0]?.struck === 1);
      sent.destroy();
      await closed;
      const left = async () => (await control.report()).by_status[0] ?? 0;
      await until(async () => (await left()) > before);
    });
  });

  describe('in a list', () => {
    it('can lead a page to itself with the same cursor', async () => {
      const [second] = await cursors();
      await fault({ kind: 'looping-cursor', page: 2, times: 2 });
      const looping = (await page(second)).body;
      expect(nextOf(looping)).toBe(second);
      const again = (await page(second)).body;
      expect(idsOf(again)).toEqual(idsOf(looping));
      const onwards = (await page(second)).body;
      expect(nextOf(onwards)).not.toBe(second);
    });

    it('can lead the first page to itself, for ever with one cursor', async () => {
      await fault({ kind: 'looping-cursor', page: 1, times: null });
      const first = (await page()).body;
      const second = (await page(nextOf(first))).body;
      expect([idsOf(second), nextOf(second)]).toEqual([idsOf(first), nextOf(first)]);
    });

    it('can lead the last page to itself with always another cursor', async () => {
      await fault({ kind: 'renewing-cursor', times: null });
      const seen = new Set<string>();
      const pages: JsonApiDocument[] = [];
      for (let cursor: string | null | undefined; pages.length < 9; cursor = nextOf(pages.at(-1) as JsonApiDocument)) {
        pages.push((await page(cursor)).body);
        seen.add(String(cursor));
      }
      expect(seen.size).toBe(9);
      expect(new Set(idsOf(...pages)).size).toBe(MEMBERS);
      expect(idsOf(pages[8] as JsonApiDocument)).toEqual(idsOf(pages[4] as JsonApiDocument));
    });

    it('can end too early, with no cursors or with an empty one', async () => {
      await fault({ kind: 'missing-cursor' });
      await fault({ kind: 'null-cursor' });
      expect((await page()).body.meta?.pagination).toEqual({ total: MEMBERS });
      expect((await page()).body.meta?.pagination).toEqual({ total: MEMBERS, cursors: { next: null } });
    });

    it('can shrink a page without losing anybody', async () => {
      await fault({ kind: 'short-page', page: 2 });
      await fault({ kind: 'short-page', page: 3, count: 0 });
      const pages = await client.walk(LIST);
      expect(pages.map(({ data }) => [data].flat().length)).toEqual([10, 5, 0, 10, 10, 10, 5]);
      expect(new Set(idsOf(...pages)).size).toBe(MEMBERS);
    });

    it('can repeat people of the page before, and lose nobody', async () => {
      const undisturbed = idsOf(...(await client.walk(LIST)));
      await fault({ kind: 'repeated-items', page: 1, count: 2 });
      await fault({ kind: 'repeated-items', page: 3, count: 4 });
      const pages = await client.walk(LIST);
      const [first = [], second = [], third = []] = pages.map((one) => idsOf(one));
      expect(first.slice(0, 2)).toEqual(first.slice(2, 4));
      expect(third.slice(0, 4)).toEqual(second.slice(-4));
      expect([...new Set(idsOf(...pages))]).toEqual(undisturbed);
      expect(idsOf(...pages)).toHaveLength(MEMBERS + 6);
    });

    it('can empty it, and say that it is empty or not', async () => {
      await fault({ kind: 'vanished-list' });
      await fault({ kind: 'vanished-list', keeps_total: true });
      expect((await page()).body).toEqual({ data: [], meta: { pagination: { cursors: { next: null }, total: 0 } } });
      expect((await page()).body.meta?.pagination.total).toBe(MEMBERS);
    });

    it('concern campaigns and posts as well', async () => {
      await control.fault({ match: 'GET /api/oauth2/v2/campaigns', kind: 'vanished-list' });
      await control.fault({ match: 'GET /api/oauth2/v2/campaigns/{id}/posts', kind: 'null-cursor', page: 1 });
      await control.settings({ most_per_page: 2 });
      expect((await client.get('/campaigns')).body.data).toEqual([]);
      expect((await client.get('/campaigns')).body.data).toHaveLength(1);
      expect(await client.walk(`/campaigns/${CAMPAIGN}/posts`)).toHaveLength(1);
      expect(await client.walk(`/campaigns/${CAMPAIGN}/posts`)).toHaveLength(3);
    });
  });

  describe('that hold an answer', () => {
    const name = async (id: string) => {
      const { body } = await client.get(`/members/${id}`, { 'fields[member]': 'note' });
      return [body.data].flat()[0]?.attributes.note;
    };
    const held = (count: number) => until(async () => (await control.heldAnswers()).length === count);

    it('send later what was true when they were asked', async () => {
      const [id = ''] = idsOf((await page()).body);
      await control.fault({ match: 'GET /api/oauth2/v2/members/{id}', kind: 'held-answer' });
      await change(`/members/${id}`, { attributes: { note: 'before' } });
      const early = name(id);
      await held(1);
      await change(`/members/${id}`, { attributes: { note: 'after' } });
      expect(await name(id)).toBe('after');
      expect(await control.release()).toEqual({ released: 1 });
      expect(await early).toBe('before');
      expect(await control.heldAnswers()).toEqual([]);
    });

    it('let go of one of several, and of all after their time', async () => {
      await fault({ kind: 'held-answer', times: 2, delay_ms: 60_000 });
      const first = page();
      await held(1);
      const second = page();
      await held(2);
      const [{ id } = { id: 0 }] = await control.heldAnswers();
      await control.release(id);
      expect((await first).status).toBe(200);
      expect(await control.heldAnswers()).toHaveLength(1);
      await control.release();
      expect((await second).status).toBe(200);
      await fault({ kind: 'held-answer', delay_ms: 1 });
      expect((await page()).status).toBe(200);
    });
  });

  it('can make refresh tokens revoke their grant when they are used twice', async () => {
    const [, renewed] = await refresh(pair.refresh_token);
    expect((await refresh(pair.refresh_token))[0]).toBe(401);
    expect((await new SandboxClient(sandbox, renewed.access_token).get('/identity')).status).toBe(200);
    await control.settings({ reuse_revokes: true });
    expect((await refresh(pair.refresh_token))[0]).toBe(401);
    expect((await new SandboxClient(sandbox, renewed.access_token).get('/identity')).status).toBe(401);
  });

  async function change(path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    await fetch(`${sandbox.url}/_sandbox${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async function refresh(refreshToken: string): Promise<[number, MintedToken]> {
    const client = { client_id: sandbox.clientId, client_secret: sandbox.clientSecret };
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, ...client });
    const headers = { 'user-agent': 'Sandbox test' };
    const response = await fetch(`${sandbox.url}/api/oauth2/token`, { method: 'POST', headers, body });
    return [response.status, (await response.json()) as MintedToken];
  }
});
