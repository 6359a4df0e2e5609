import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { control, mintToken, SandboxClient } from './sandbox-client';

const MINE = '9100001';
const THEIRS = '9100002';
const MEMBERS = `/campaigns/${MINE}/members`;
const EMAIL = { 'fields[member]': 'email,full_name' };

describe('reading from the sandbox', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox({
      seed: 3,
      limits: null,
      campaigns: [{ members: 1200 }, { members: 30, creator: 1 }],
    });
    client = await SandboxClient.connect(sandbox);
  });
  afterAll(() => sandbox.close());

  describe('fields and include', () => {
    it.each([
      ['fields[member]', 'full_name,pledge_sum', 'member', 'pledge_sum'],
      ['fields[pledge_event]', 'date', 'pledge_event', 'pledge_event'],
      ['include', 'user,media', 'member', 'media'],
      ['include', 'user.nothing', 'member', 'user.nothing'],
      ['include', 'constructor', 'member', 'constructor'],
    ])('refuses the whole request for an unknown name in %s=%s', async (parameter, value, type, name) => {
      const { status, body } = await client.getError(MEMBERS, { [parameter]: value });
      expect(status).toBe(400);
      expect(body.errors[0]).toMatchObject({
        code: null,
        code_name: 'ParameterInvalidOnType',
        detail: `Invalid parameter for '${parameter.replace(/\[.*/, '')}' on type '${type}': ${name}.`,
        source: { parameter },
      });
    });

    it('sends no relationships, included or attributes that were not asked for', async () => {
      const { body } = await client.get(MEMBERS, { 'page[count]': '1' });
      expect(Object.keys(body)).toEqual(['data', 'meta']);
      expect(body.data).toEqual([{ attributes: {}, id: expect.any(String), type: 'member' }]);
    });

    it('follows nested includes and sends each resource once', async () => {
      const { body } = await client.get(MEMBERS, {
        include: 'campaign.tiers.benefits,currently_entitled_tiers',
        'page[count]': '200',
      });
      const keys = body.included?.map(({ type, id }) => `${type}:${id}`) ?? [];
      expect(keys.length).toBe(new Set(keys).size);
      expect(new Set(body.included?.map(({ type }) => type))).toEqual(new Set(['campaign', 'tier', 'benefit']));
      const tier = body.included?.find(({ type }) => type === 'tier');
      expect(Object.keys(tier?.relationships ?? {})).toEqual(['benefits']);
    });

    it('sends null, not an empty list, for the retired goals', async () => {
      const { body } = await client.get(`/campaigns/${MINE}`, { include: 'goals' });
      expect(body.data).toMatchObject({ relationships: { goals: { data: null } } });
    });

    it('takes no notice of parameters that Patreon does not know', async () => {
      const { status, body } = await client.get(MEMBERS, { sort: '-full_name', 'fields[member]=full_name': '' });
      expect(status).toBe(200);
      expect([body.data].flat()[0]?.attributes).toEqual({});
    });

    it('can be made to forget an attribute', async () => {
      await control(sandbox, 'POST', '/settings', { withdrawn_fields: ['campaign.currency'] });
      const refused = await client.getError('/campaigns', { 'fields[campaign]': 'currency,name' });
      await control(sandbox, 'POST', '/settings', { withdrawn_fields: [] });
      expect(refused.body.errors[0]?.detail).toBe("Invalid parameter for 'fields' on type 'campaign': currency.");
      expect((await client.get('/campaigns', { 'fields[campaign]': 'currency' })).status).toBe(200);
    });
  });

  describe('pages', () => {
    const sizes = async (path: string, parameters: Record<string, string>): Promise<number[]> =>
      (await client.walk(path, parameters)).map(({ data }) => [data].flat().length);

    it('hold 1000 members, or 500 with pledge history, and no more when more are asked for', async () => {
      expect(await sizes(MEMBERS, {})).toEqual([1000, 200]);
      expect(await sizes(MEMBERS, { 'page[count]': '5000' })).toEqual([1000, 200]);
      expect(await sizes(MEMBERS, { include: 'pledge_history', 'page[count]': '1000' })).toEqual([500, 500, 200]);
      expect(await sizes(MEMBERS, { 'page[count]': '700' })).toEqual([700, 500]);
    });

    it('hold 20 posts, oldest first', async () => {
      const parameters = { 'fields[post]': 'published_at', 'page[count]': '50' };
      const pages = await client.walk(`/campaigns/${MINE}/posts`, parameters);
      const dates = pages.flatMap(({ data }) => [data].flat().map(({ attributes }) => String(attributes.published_at)));
      expect(pages.map(({ data }) => [data].flat().length)).toEqual([20, 20, 20]);
      expect(dates).toEqual([...dates].sort());
    });

    it.each(['0', '-1', 'ten', '1.5'])('refuse the count %s', async (count) => {
      expect((await client.getError(MEMBERS, { 'page[count]': count })).status).toBe(400);
    });

    it('refuse a cursor that is too old, was changed or belongs to another list', async () => {
      const { body } = await client.get(MEMBERS, { 'page[count]': '10' });
      const cursor = body.meta?.pagination.cursors?.next ?? '';
      const at = (value: string, path = MEMBERS) => client.getError(path, { 'page[cursor]': value });
      expect((await at(cursor)).status).toBe(200);
      await control(sandbox, 'POST', '/clock', { advance_seconds: 31 * 60 });
      const refusals = [await at(cursor), await at(`${cursor}x`), await at(cursor, `/campaigns/${MINE}/posts`)];
      for (const { status, body: refusal } of refusals) {
        expect(status).toBe(400);
        expect(refusal.errors[0]).toMatchObject({ code: 3, source: { parameter: 'page[cursor]' } });
      }
    });
  });

  describe('scopes', () => {
    const withScopes = (...scopes: string[]) => SandboxClient.connect(sandbox, { scopes });

    it.each([
      ['/identity', {}, ['identity.memberships', 'campaigns']],
      ['/identity', { include: 'campaign' }, ['identity']],
      ['/campaigns', {}, ['identity', 'campaigns.members']],
      [MEMBERS, {}, ['campaigns', 'campaigns.posts']],
      [MEMBERS, { include: 'address' }, ['campaigns.members', 'campaigns.members[email]']],
      [`/campaigns/${MINE}/posts`, {}, ['campaigns']],
    ])('refuse %s %j to a token with only %j', async (path, parameters, scopes) => {
      const { status, body } = await (await withScopes(...scopes)).getError(path, parameters);
      expect(status).toBe(401);
      expect(body.errors[0]).toMatchObject({ code: 1, code_name: 'Unauthorized' });
    });

    it('leave the e-mail key out when its scope is missing', async () => {
      const keysSeenBy = async (...scopes: string[]) => {
        const { body } = await (await withScopes('identity', 'campaigns.members', ...scopes)).get(MEMBERS, EMAIL);
        return Object.keys([body.data].flat()[0]?.attributes ?? {});
      };
      expect(await keysSeenBy()).toEqual(['full_name']);
      expect(await keysSeenBy('campaigns.members[email]')).toEqual(['email', 'full_name']);
    });

    it("show the user's own e-mail only with identity[email], and never that of somebody included", async () => {
      const fields = { 'fields[user]': 'email,full_name' };
      const own = await client.get('/identity', fields);
      const withoutScope = await (await withScopes('identity')).get('/identity', fields);
      const creator = await client.get('/campaigns', { include: 'creator', ...fields });
      expect(own.body.data).toMatchObject({ attributes: { email: expect.stringContaining('@example.com') } });
      expect(withoutScope.body.data).toMatchObject({ attributes: { full_name: 'Marlow Quill' } });
      expect(withoutScope.body.data).not.toHaveProperty('attributes.email');
      expect(creator.body.included?.[0]?.attributes).toEqual({ full_name: 'Marlow Quill' });
    });
  });

  describe("other people's campaigns", () => {
    it('list no posts and refuse everything else', async () => {
      const statuses = async (...paths: string[]) => {
        const answers = await Promise.all(paths.map((path) => client.getError(path)));
        return answers.map(({ status }) => status);
      };
      const posts = await client.get(`/campaigns/${THEIRS}/posts`);
      expect(posts.body.data).toEqual([]);
      expect(posts.body.meta?.pagination.total).toBe(0);
      expect(await statuses(`/campaigns/${THEIRS}`, `/campaigns/${THEIRS}/members`)).toEqual([403, 403]);
      // The first post of a generated campaign is public, the second is for some tiers.
      expect(await statuses('/posts/120100001', '/posts/120100002')).toEqual([200, 403]);
      expect(await statuses('/campaigns/1', '/campaigns/1/members', '/members/1', '/posts/x')).toEqual([
        404, 404, 404, 404,
      ]);
    });

    it('are not in the list of campaigns', async () => {
      const { body } = await client.get('/campaigns');
      expect([body.data].flat().map(({ id }) => id)).toEqual([MINE]);
    });
  });

  describe('what Patreon cannot do', () => {
    it.each([
      ['POST', `/campaigns/${MINE}/posts`],
      ['POST', '/posts'],
      ['PATCH', '/posts/120000001'],
      ['DELETE', '/posts/120000001'],
      ['PATCH', '/tiers/7100001'],
      ['POST', '/tiers'],
      ['PATCH', `/campaigns/${MINE}`],
      ['POST', MEMBERS],
    ])('is refused with 405: %s %s', async (method, path) => {
      const response = await client.send(path, { method });
      expect(response.status).toBe(405);
      expect(await response.json()).toMatchObject({ errors: [{ code_name: 'MethodNotAllowed', status: '405' }] });
    });

    it('includes tiers, benefits and people at addresses of their own', async () => {
      for (const path of ['/tiers/7100001', '/benefits/6100001', '/user/51000001', '/nothing']) {
        expect((await client.getError(path)).status).toBe(404);
      }
    });
  });

  describe('who may ask', () => {
    it('refuses a missing, unknown or expired token with the 401 document', async () => {
      const { access_token } = await mintToken(sandbox, { expires_in: 60 });
      const statusWith = async (authorization: string) => {
        const headers = { authorization, 'user-agent': 'Sandbox test' };
        return (await fetch(`${sandbox.url}/api/oauth2/v2/identity`, { headers })).status;
      };
      expect(await statusWith('')).toBe(401);
      expect(await statusWith('Bearer unknown')).toBe(401);
      expect(await statusWith(`Bearer ${access_token}`)).toBe(200);
      await control(sandbox, 'POST', '/clock', { advance_seconds: 61 });
      expect(await statusWith(`Bearer ${access_token}`)).toBe(401);
    });

    it('refuses a client that wants anything but JSON', async () => {
      expect((await client.send('/identity', { headers: { accept: 'text/html' } })).status).toBe(406);
      expect((await client.send('/identity', { headers: { accept: 'application/vnd.api+json' } })).status).toBe(200);
      expect((await client.send('/identity', { headers: { accept: 'text/html, */*;q=0.1' } })).status).toBe(200);
    });

    it('sends a page of the edge, not JSON, to a client without a User-Agent', async () => {
      const response = await client.send('/identity', { headers: { 'user-agent': '' } });
      expect(response.status).toBe(403);
      expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
      expect(await response.text()).toMatch(/^<!DOCTYPE html>/);
    });
  });
});
