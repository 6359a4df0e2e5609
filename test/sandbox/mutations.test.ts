import type { JsonApiDocument } from '../../src/sandbox/document';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { sandboxControl } from '../support/sandbox-control';
import { control as call, SandboxClient } from './sandbox-client';

const CAMPAIGN = '9100001';
const LIST = `/campaigns/${CAMPAIGN}/members`;
const MATCH = 'GET /api/oauth2/v2/campaigns/{id}/members';
const MEMBERS = 60;

interface Row {
  id: string;
  attributes: { full_name: string; note: string; title: string };
}

describe('changes while the sandbox is read', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;
  let control: ReturnType<typeof sandboxControl>;

  beforeEach(async () => {
    sandbox = await startSandbox({ seed: 5, limits: null, campaigns: [{ members: MEMBERS, posts: 8 }] });
    control = sandboxControl(sandbox);
    await control.settings({ most_per_page: 10 });
    client = await SandboxClient.connect(sandbox);
  });
  afterEach(() => sandbox.close());

  const truth = async (name = 'members') => (await call<{ rows: Row[] }>(sandbox, 'GET', `/truth/${name}`)).rows;
  const truthIds = async () => (await truth()).map(({ id }) => id);
  const change = (path: string, body: object) => call(sandbox, 'POST', path, body);
  const idsOf = ({ data }: JsonApiDocument) => [data].flat().map(({ id }) => id);
  const walkedIds = async () => (await client.walk(LIST)).flatMap(idsOf);

  it('make the list miss those who follow somebody who left', async () => {
    const before = await truthIds();
    const path = `/members/${before[2]}`;
    await control.mutate({ match: MATCH, page: 1, edits: [{ path, body: { removed: true } }] });
    const walked = await walkedIds();
    expect(walked).toEqual(before.filter((_, index) => index !== 10));
    expect(await truthIds()).toEqual(before.filter((_, index) => index !== 2));
  });

  it('make the list repeat the one before somebody who joined at its start', async () => {
    const before = await truthIds();
    const body = { id: 'first', position: 'start' };
    await control.mutate({ match: MATCH, page: 1, edits: [{ path: '/members', body }] });
    const walked = await walkedIds();
    expect(walked).toEqual([...before.slice(0, 10), before[9], ...before.slice(10)]);
    expect(await truthIds()).toEqual(['first', ...before]);
  });

  it('happen before the answer when they are told to', async () => {
    const [id = ''] = await truthIds();
    const body = { attributes: { full_name: 'Just renamed' } };
    await control.mutate({ match: MATCH, moment: 'before', edits: [{ path: `/members/${id}`, body }] });
    const { body: page } = await client.get(LIST, { 'fields[member]': 'full_name' });
    expect([page.data].flat()[0]?.attributes.full_name).toBe('Just renamed');
  });

  it('let people come, leave, change and come back, page after page', async () => {
    const before = new Set(await truthIds());
    const counts = { joins: 3, leaves: 2, changes: 4, returns: 1 };
    await control.mutate({ match: MATCH, times: null, ...counts });
    const pages = await client.walk(LIST);
    const [{ struck, done } = { struck: 0, done: counts }] = await control.mutations();
    expect(struck).toBe(pages.length);
    // Nobody has left yet when the first page was answered.
    expect(done).toEqual({ joins: 3 * struck, leaves: 2 * struck, changes: 4 * struck, returns: struck - 1 });
    const after = await truth();
    expect(after).toHaveLength(MEMBERS + done.joins - done.leaves + done.returns);
    expect(after.some(({ id }) => !before.has(id))).toBe(true);
    expect(after.some(({ attributes }) => /^(Noted|Raised) /.test(attributes.note ?? ''))).toBe(true);
  });

  it('are the same ones in a sandbox of the same seed', async () => {
    const other = await startSandbox({ seed: 5, limits: null, campaigns: [{ members: MEMBERS, posts: 8 }] });
    const outcome = async (one: Sandbox) => {
      const mutation = { match: MATCH, times: null, joins: 2, leaves: 2, changes: 2, seed: 9 };
      await sandboxControl(one).mutate(mutation);
      const reader = await SandboxClient.connect(one);
      for (let i = 0; i < 3; i += 1) await reader.get(LIST);
      const { rows } = await call<{ rows: Row[] }>(one, 'GET', '/truth/members');
      return rows.map(({ id, attributes }) => [id, attributes.note]);
    };
    expect(await outcome(sandbox)).toEqual(await outcome(other));
    await other.close();
  });

  it('concern posts where posts are read, and any campaign where it is named', async () => {
    await control.mutate({ match: 'GET /api/oauth2/v2/campaigns/{id}/posts', joins: 1, leaves: 1, changes: 1 });
    await control.mutate({ match: 'GET /api/oauth2/v2/identity', campaign_id: CAMPAIGN, joins: 1 });
    await client.get(`/campaigns/${CAMPAIGN}/posts`);
    await client.get('/identity');
    const titles = (await truth('posts')).map(({ attributes }) => attributes.title);
    expect(titles.filter((title) => /^(Post \d|Edited )/.test(title)).length).toBeGreaterThan(0);
    expect(await truth()).toHaveLength(MEMBERS + 1);
  });

  it('wait for an answer that is good', async () => {
    await control.mutate({ match: MATCH, joins: 1 });
    await control.fault({ match: MATCH, kind: '500' });
    expect((await client.getError(LIST)).status).toBe(500);
    expect((await client.getError(LIST, { 'page[cursor]': 'nonsense' })).status).toBe(400);
    expect(await truth()).toHaveLength(MEMBERS);
    await client.get(LIST);
    expect(await truth()).toHaveLength(MEMBERS + 1);
  });

  it('never refuse the reader, and say what could not be done', async () => {
    await control.mutate({ match: MATCH, edits: [{ path: '/members/nobody', body: { removed: true } }] });
    expect((await client.get(LIST)).status).toBe(200);
    expect(await control.mutations()).toMatchObject([{ failures: ['There is no member nobody.'] }]);
  });

  it('are forgotten on demand', async () => {
    await control.mutate({ match: MATCH, times: null, joins: 1 });
    await control.reset();
    await client.get(LIST);
    expect(await control.mutations()).toEqual([]);
    expect(await truth()).toHaveLength(MEMBERS);
  });

  it('are refused when they are misspelt', async () => {
    const edits = [{ path: '/members', body: { atributes: {} } }];
    await expect(control.mutate({ match: MATCH, edits })).rejects.toThrow('422');
  });

  describe('to those who were removed', () => {
    it('bring them back to their place, members, posts and tiers', async () => {
      const [members, posts] = [await truth(), await truth('posts')];
      const paths = [`/members/${members[7]?.id}`, `/members/${members[3]?.id}`, `/posts/${posts[2]?.id}`];
      for (const path of [...paths, '/tiers/7100002']) await change(path, { removed: true });
      expect(await truth()).toHaveLength(MEMBERS - 2);
      for (const path of [...paths, '/tiers/7100002']) await change(path, { removed: false });
      expect([await truth(), await truth('posts')]).toEqual([members, posts]);
      expect(await truth('tiers')).toHaveLength(5);
    });

    it('bring back one who was added, too, changed at once', async () => {
      await change('/members', { id: 'added', position: 'start' });
      await change('/members/added', { removed: true });
      await change('/members/added', { removed: true }).catch(() => undefined);
      await change('/members/added', { removed: false, attributes: { full_name: 'Back' } });
      const rows = await truth();
      expect(rows[0]).toMatchObject({ id: 'added', attributes: { full_name: 'Back' } });
      expect(rows).toHaveLength(MEMBERS + 1);
    });

    it('change nothing where nobody was removed', async () => {
      const before = await truth();
      await change(`/members/${before[0]?.id}`, { removed: false });
      expect(await truth()).toEqual(before);
      await expect(change('/members/nobody', { removed: false })).rejects.toThrow('404');
    });
  });
});
