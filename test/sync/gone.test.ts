import { readPage } from '../support/page';
import { readFixture, WIRE_NOW, wireDocuments } from '../support/wire-documents';
import { API, type ConnectedPanel, MEMBERS, partOf, startConnectedPanel } from './connected-panel';

const COUNT = 130;

describe('what a sync no longer meets', () => {
  let panel: ConnectedPanel;

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: COUNT, posts: 25 }] });
    expect(await panel.sync()).toMatchObject({ state: 'succeeded' });
    await panel.control.reset();
  }, 40_000);
  afterEach(() => panel.close());

  const members = () => panel.context.knex('patreon_members');
  const goneMembers = () => members().whereNotNull('gone_at').orderBy('id').pluck('patreon_id');
  const someIds = async (count: number): Promise<string[]> =>
    members().orderBy('patreon_id').limit(count).pluck('patreon_id');
  const remove = async (ids: string[]) => {
    for (const id of ids) await panel.control.change(`/members/${id}`, { removed: true });
  };

  it('is gone once Patreon confirms it, each by a 404 of its own', async () => {
    const ids = await someIds(3);
    await remove(ids);
    expect(partOf(await panel.sync(), 'members')).toMatchObject({ fetched: COUNT - 3, gone: 3, updated: 0 });
    expect((await goneMembers()).sort()).toEqual(ids);
    const reads = (await panel.control.requests()).filter(({ path }) => path.includes('/v2/members/'));
    expect(reads.map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it('is kept, hidden from the list and its figures, and shown where gone rows are asked for', async () => {
    const [id = ''] = await someIds(1);
    await remove([id]);
    await panel.sync();
    const viewer = await panel.app.signInAs('viewer');
    expect(readPage((await viewer.get('/patreon/members/')).text).total).toBe(COUNT - 1);
    const gone = readPage((await viewer.get('/patreon/members/?gone=1')).text);
    expect(gone.rows('members').map(({ patreonId }) => patreonId)).toEqual([id]);
    await viewer.get(`/patreon/members/${gone.rows('members')[0]?.id}/`).expect(200);
  });

  it('comes back when it is met again', async () => {
    const [id = ''] = await someIds(1);
    const before = await members().where({ patreon_id: id }).first();
    await remove([id]);
    await panel.sync();
    expect(await goneMembers()).toEqual([id]);
    await panel.control.change('/members', { id, attributes: { full_name: 'Back Again' } });
    expect(partOf(await panel.sync(), 'members')).toMatchObject({ created: 0, updated: 1, gone: 0 });
    const after = await members().where({ patreon_id: id }).first();
    expect(after).toMatchObject({ id: before.id, gone_at: null, full_name: 'Back Again' });
  });

  it('is not believed to be everybody: an empty list marks nobody', async () => {
    await remove(await members().pluck('patreon_id'));
    const report = await panel.sync();
    expect(report.state).toBe('held');
    expect(report.errors).toEqual([
      expect.objectContaining({ resource: 'members', message: expect.stringContaining('too many to believe') }),
    ]);
    expect(await goneMembers()).toEqual([]);
    expect(partOf(report, 'posts')).toMatchObject({ fetched: 25, unchanged: 25 });
  });

  it('is not believed to be more than a tenth: nobody is marked, and the run says so', async () => {
    await remove(await someIds(21));
    const report = await panel.sync();
    expect(report.state).toBe('held');
    expect(report.errors[0]?.message).toContain(`21 of ${COUNT}`);
    expect(await goneMembers()).toEqual([]);
  });

  it('waits for a pass that reads to the end: a page that fails leaves everybody in place', async () => {
    await remove(await someIds(3));
    await panel.control.fault({ match: MEMBERS, kind: 'truncated', times: null });
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const report = await panel.sync();
    jest.restoreAllMocks();
    expect(report.state).toBe('partial');
    expect(await goneMembers()).toEqual([]);
  }, 40_000);

  it('stays when the read that should confirm it fails', async () => {
    await remove(await someIds(2));
    await panel.control.fault({ match: `${API}/members/{id}`, kind: 'html', times: null });
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const report = await panel.sync();
    jest.restoreAllMocks();
    expect(report.state).toBe('partial');
    expect(await goneMembers()).toEqual([]);
  }, 40_000);

  it('counts posts, tiers and benefits as well', async () => {
    const { knex } = panel.context;
    const [post] = await knex('patreon_posts').orderBy('id').pluck('patreon_id');
    const [tier] = await knex('patreon_tiers').where({ amount_cents: 800 }).pluck('patreon_id');
    await panel.control.change(`/posts/${post}`, { removed: true });
    await panel.control.change(`/tiers/${tier}`, { removed: true });
    const report = await panel.sync();
    expect(report.state).toBe('succeeded');
    expect(partOf(report, 'posts').gone).toBe(1);
    expect(partOf(report, 'tiers').gone).toBe(1);
    expect(await knex('patreon_posts').whereNotNull('gone_at').pluck('patreon_id')).toEqual([post]);
    expect(await knex('patreon_tiers').whereNotNull('gone_at').pluck('patreon_id')).toEqual([tier]);
  });
});

describe('more missing members than are asked for one by one', () => {
  it('are gone after a second whole pass', async () => {
    const panel = await startConnectedPanel({ campaigns: [{ members: 700, posts: 1 }] });
    try {
      await panel.sync();
      const { knex } = panel.context;
      const ids: string[] = await knex('patreon_members').orderBy('patreon_id').limit(60).pluck('patreon_id');
      for (const id of ids) await panel.control.change(`/members/${id}`, { removed: true });
      await panel.control.reset();
      const report = await panel.sync();
      expect(partOf(report, 'members')).toMatchObject({
        fetched: 640,
        unchanged: 640,
        created: 0,
        updated: 0,
        gone: 60,
      });
      const gone = await knex('patreon_members').whereNotNull('gone_at').orderBy('patreon_id').pluck('patreon_id');
      expect(gone).toEqual(ids);
      const asked = await panel.control.paths();
      expect(asked.filter((path) => path.startsWith('/members/'))).toEqual([]);
      expect(asked.filter((path) => /members\?.*page\[count\]=500/.test(path))).toHaveLength(4);
    } finally {
      await panel.close();
    }
  }, 60_000);
});

describe('a member whom Patreon answers for but does not list', () => {
  it('stays', async () => {
    const panel = await startConnectedPanel({ documents: wireDocuments(), now: WIRE_NOW });
    try {
      await panel.sync();
      const { knex } = panel.context;
      const { id } = readFixture('member.get.hidden-person.200.json').data;
      const columns = { campaign_id: 1, kind: 'former', monthly_cents: 0, read_seq: 1 };
      await knex('patreon_members').insert({ ...columns, patreon_id: id });
      expect(partOf(await panel.sync(), 'members')).toMatchObject({ created: 0, gone: 0 });
      expect(await knex('patreon_members').whereNotNull('gone_at').pluck('patreon_id')).toEqual([]);
      const reads = (await panel.control.requests()).filter(({ path }) => path.includes(`/members/${id}`));
      expect(reads.map(({ status }) => status)).toEqual([200]);
    } finally {
      await panel.close();
    }
  });
});
