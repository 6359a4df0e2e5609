import { RESOURCE_TYPES } from '../../src/sandbox/resource-types';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { control, SandboxClient } from './sandbox-client';

const CAMPAIGN = '9100001';
const LIST = `/campaigns/${CAMPAIGN}/members`;

interface Row {
  id: string;
  attributes: Record<string, unknown>;
}

interface MemberRow extends Row {
  tiers: string[];
  user: Row | null;
  address: Row | null;
  pledge_events: Row[];
}

interface Rows<T> {
  total: number;
  rows: T[];
}

const fields = (...types: (keyof typeof RESOURCE_TYPES)[]): Record<string, string> =>
  Object.fromEntries(types.map((type) => [`fields[${type}]`, RESOURCE_TYPES[type].attributes.join(',')]));

describe('the control addresses of the sandbox', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeEach(async () => {
    sandbox = await startSandbox({ seed: 11, limits: null, campaigns: [{ members: 450, posts: 23 }] });
    client = await SandboxClient.connect(sandbox);
  });
  afterEach(() => sandbox.close());

  const truth = <T>(name: string): Promise<Rows<T>> => control(sandbox, 'GET', `/truth/${name}`);
  const names = async (): Promise<unknown[]> => {
    const pages = await client.walk(LIST, { 'fields[member]': 'full_name', 'page[count]': '100' });
    return pages.flatMap(({ data }) => [data].flat().map(({ attributes }) => attributes.full_name));
  };
  const memberIds = async (): Promise<string[]> => (await truth<MemberRow>('members')).rows.map(({ id }) => id);

  describe('the truth', () => {
    it('is what a walk through the members brings, in every detail', async () => {
      const include = 'address,currently_entitled_tiers,pledge_history,user';
      const shown = fields('address', 'member', 'pledge-event', 'user');
      const pages = await client.walk(LIST, { include, 'page[count]': '97', ...shown });
      const walked = pages.flatMap(({ data, included }) => {
        const row = (linkage: { type: string; id: string } | null) => {
          const found = included?.find(({ type, id }) => type === linkage?.type && id === linkage.id);
          return found ? { id: found.id, attributes: found.attributes } : null;
        };
        return [data].flat().map(({ id, attributes, relationships }) => {
          const linkage = (name: string) => [relationships?.[name]?.data ?? []].flat();
          return {
            id,
            attributes,
            tiers: linkage('currently_entitled_tiers').map((tier) => tier.id),
            user: row(linkage('user')[0] ?? null),
            address: row(linkage('address')[0] ?? null),
            pledge_events: linkage('pledge_history').map(row),
          };
        });
      });
      const { total, rows } = await truth<MemberRow & { campaign_id: string }>('members');
      expect(total).toBe(450);
      expect(walked).toEqual(rows.map(({ campaign_id: _, ...row }) => row));
    });

    it('is what the campaign, its tiers, its benefits and its posts show', async () => {
      const parameters = { include: 'benefits,tiers', ...fields('benefit', 'campaign', 'tier') };
      const { body } = await client.get('/campaigns', parameters);
      const byId = (type: string) => {
        const found = [body.data, body.included ?? []].flat().filter((object) => object.type === type);
        return found.map(({ id, attributes }) => ({ id, attributes }));
      };
      for (const type of ['campaign', 'tier', 'benefit']) {
        const { rows } = await truth<Row>(`${type}s`);
        expect(byId(type)).toEqual(rows.map(({ id, attributes }) => ({ id, attributes })));
      }
      const pages = await client.walk(`/campaigns/${CAMPAIGN}/posts`, fields('post'));
      const posts = pages.flatMap(({ data }) => [data].flat().map(({ id, attributes }) => ({ id, attributes })));
      expect(posts).toEqual((await truth<Row>('posts')).rows.map(({ id, attributes }) => ({ id, attributes })));
      expect(posts).toHaveLength(23);
    });
  });

  describe('changes', () => {
    it('to a member show in the list and on their own', async () => {
      const [id = ''] = await memberIds();
      await control(sandbox, 'POST', `/members/${id}`, {
        attributes: { full_name: 'Renamed', patron_status: 'paused_patron' },
        relationships: { currently_entitled_tiers: ['7100004', '7100002'] },
      });
      const { body } = await client.get(`/members/${id}`, {
        include: 'currently_entitled_tiers',
        'fields[member]': 'full_name,patron_status',
      });
      expect(body.data).toMatchObject({
        attributes: { full_name: 'Renamed', patron_status: 'paused_patron' },
        relationships: { currently_entitled_tiers: { data: [{ id: '7100004' }, { id: '7100002' }] } },
      });
      expect((await names())[0]).toBe('Renamed');
    });

    it('can remove members from anywhere and add new ones at the end', async () => {
      const [ids, before] = [await memberIds(), await names()];
      for (const index of [449, 0, 100, 99])
        await control(sandbox, 'POST', `/members/${ids[index]}`, { removed: true });
      await control(sandbox, 'POST', '/members', { attributes: { full_name: 'Newcomer' } });
      const expected = before.filter((_, index) => ![0, 99, 100, 449].includes(index));
      expect(await names()).toEqual([...expected, 'Newcomer']);
      expect((await client.getError(`/members/${ids[0]}`)).status).toBe(404);
      expect((await truth<MemberRow>('members')).total).toBe(447);
    });

    it('can remove an added member again', async () => {
      const { id } = await control<{ id: string }>(sandbox, 'POST', '/members', { attributes: { full_name: 'Brief' } });
      expect((await client.get(`/members/${id}`, { include: 'user,address,pledge_history' })).status).toBe(200);
      await control(sandbox, 'POST', `/members/${id}`, { removed: true });
      expect((await truth<MemberRow>('members')).total).toBe(450);
      expect((await client.getError(`/members/${id}`)).status).toBe(404);
    });

    it('to posts, tiers and the campaign show, too', async () => {
      await control(sandbox, 'POST', '/posts', { id: '999', attributes: { title: 'Latest' } });
      await control(sandbox, 'POST', '/posts/120000001', { removed: true });
      await control(sandbox, 'POST', '/tiers/7100005', { removed: true });
      await control(sandbox, 'POST', '/tiers/7100002', { attributes: { title: 'Letter' } });
      await control(sandbox, 'POST', `/campaigns/${CAMPAIGN}`, { attributes: { name: 'New name' } });
      const pages = await client.walk(`/campaigns/${CAMPAIGN}/posts`, { 'fields[post]': 'title' });
      const posts = pages.flatMap(({ data }) => [data].flat());
      expect(posts[0]?.id).toBe('120000002');
      expect(posts.at(-1)).toMatchObject({ id: '999', attributes: { title: 'Latest' } });
      const shown = { include: 'tiers', 'fields[campaign]': 'name', 'fields[tier]': 'title' };
      const { body } = await client.get(`/campaigns/${CAMPAIGN}`, shown);
      expect(body.data).toMatchObject({ attributes: { name: 'New name' } });
      expect(body.included?.map(({ attributes }) => attributes.title)).toEqual([
        'Free',
        'Letter',
        'Sketchbook',
        'Studio Table',
      ]);
    });
  });

  describe('faults', () => {
    const fault = (body: object) => control(sandbox, 'POST', '/faults', body);
    const match = 'GET /api/oauth2/v2/campaigns/{id}/members';

    it('strike the page they were meant for, as often as they should', async () => {
      await fault({ match, page: 2, kind: '503', times: 1 });
      const first = await client.get(LIST, { 'page[count]': '200' });
      const cursor = first.body.meta?.pagination.cursors?.next ?? '';
      const second = () => client.getError(LIST, { 'page[count]': '200', 'page[cursor]': cursor });
      expect(first.status).toBe(200);
      expect((await second()).body.errors[0]).toMatchObject({ code_name: 'ServiceUnavailable', status: '503' });
      expect((await second()).status).toBe(200);
    });

    it('leave other requests alone', async () => {
      await fault({ match, kind: '500', times: null });
      expect((await client.get('/campaigns')).status).toBe(200);
      expect((await client.getError(LIST)).status).toBe(500);
      expect((await client.getError(LIST)).status).toBe(500);
      await control(sandbox, 'DELETE', '/faults');
      expect((await client.getError(LIST)).status).toBe(200);
    });

    it('can be a throttling with and without a time to wait', async () => {
      await fault({ match, kind: '429', retry_after_seconds: 9 });
      await fault({ match, kind: '429', retry_after_seconds: null });
      expect((await client.getError(LIST)).body.errors[0]).toHaveProperty('retry_after_seconds', 9);
      expect((await client.getError(LIST)).body.errors[0]).not.toHaveProperty('retry_after_seconds');
    });

    it('can be a page in place of JSON, an empty body or half a body', async () => {
      for (const kind of ['html', 'empty', 'truncated']) await fault({ match, kind });
      const texts: [number, string][] = [];
      for (let i = 0; i < 3; i += 1) {
        const response = await client.send(LIST);
        texts.push([response.status, await response.text()]);
      }
      const [html, empty, truncated] = texts;
      expect(html).toEqual([403, expect.stringContaining('<!DOCTYPE html>')]);
      expect(empty).toEqual([200, '']);
      expect(truncated?.[0]).toBe(200);
      expect(() => JSON.parse(truncated?.[1] ?? '')).toThrow();
    });

    it('can break the connection off', async () => {
      await fault({ match, kind: 'disconnect' });
      await expect(client.send(LIST)).rejects.toThrow();
      expect((await client.get(LIST)).status).toBe(200);
    });

    it('can make the last page lead to itself', async () => {
      await fault({ match, kind: 'looping-cursor', times: null });
      const last = await client.get(LIST, { 'page[count]': '450' });
      const cursor = last.body.meta?.pagination.cursors?.next ?? '';
      const after = await client.get(LIST, { 'page[count]': '450', 'page[cursor]': cursor });
      expect(after.body.data).toEqual(last.body.data);
    });

    it('can refuse a refresh', async () => {
      await fault({ match: 'POST /api/oauth2/token', kind: 'invalid_grant' });
      const response = await fetch(`${sandbox.url}/api/oauth2/token`, { method: 'POST' });
      expect([response.status, await response.json()]).toEqual([401, { error: 'invalid_grant' }]);
    });
  });

  describe('the request log', () => {
    interface Entry {
      method: string;
      path: string;
      status: number;
      token: string | null;
      violations: string[];
    }

    it('tells what was asked, how it was answered and which rules were broken, without secrets', async () => {
      await client.getError(LIST, { sort: 'x' });
      await client.send('/campaigns?fields[campaign]=name');
      await fetch(`${sandbox.url}/api/oauth2/token?client_secret=hidden`, { method: 'POST' });
      await fetch(`${sandbox.url}/oauth2/authorize?state=hidden`);
      const entries = await control<Entry[]>(sandbox, 'GET', '/requests');
      expect(entries).toMatchObject([
        {
          method: 'GET',
          path: `/api/oauth2/v2${LIST}?sort=x`,
          status: 200,
          violations: ['parameter sort has no effect'],
        },
        { path: '/api/oauth2/v2/campaigns?fields[campaign]=name', violations: ['brackets not percent-encoded'] },
        { method: 'POST', path: '/api/oauth2/token', status: 401, violations: ['secret in the query'], token: null },
        { path: '/oauth2/authorize', status: 400 },
      ]);
      expect(entries[0]?.token).toMatch(/^[0-9a-f]{12}$/);
      expect(JSON.stringify(entries)).not.toContain('hidden');
    });
  });

  it.each([
    ['POST', '/tokens', { scopes: ['everything'] }, 422],
    ['POST', '/tokens', { surprise: 1 }, 422],
    ['POST', '/tokens', { client_id: 'nobody' }, 404],
    ['POST', '/faults', { match: 'nonsense', kind: '500' }, 422],
    ['POST', '/clock', { now: 'tomorrow' }, 422],
    ['POST', '/members/nobody', { removed: true }, 404],
    ['POST', '/members', { attributes: { fullname: 'Misspelt' } }, 422],
    ['POST', '/tokens', undefined, 415],
    ['POST', '/constructor/nobody', {}, 404],
    ['GET', '/truth/members?count=-1', undefined, 422],
    ['GET', '/truth/members?campaign=1', undefined, 404],
    ['GET', '/nothing', undefined, 404],
  ])('answer a wrong %s %s with a sentence', async (method, path, body, status) => {
    const init = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${sandbox.url}/_sandbox${path}`, { method, ...init });
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: string }).error).toMatch(/\w+ \w+/);
  });
});
