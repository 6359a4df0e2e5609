import { dryRun } from '../../src/apps/sync/dry-run';
import { RESOURCES } from '../../src/apps/sync/sync-run.model';
import { API, type ConnectedPanel, MEMBERS, startConnectedPanel } from './connected-panel';

let panel: ConnectedPanel;
beforeAll(async () => {
  panel = await startConnectedPanel({ campaigns: [{ members: 1_010, posts: 45 }] });
});
afterAll(() => panel.close());

const compare = (samples = 0) => {
  const everything = { campaignId: undefined, resources: RESOURCES, samples };
  return dryRun(panel.context, everything, new AbortController().signal);
};
const stored = async () => {
  const { knex } = panel.context;
  const tables = [
    'patreon_campaigns',
    'patreon_tiers',
    'patreon_members',
    'pledge_events',
    'patreon_posts',
    'sync_runs',
  ];
  return Promise.all(tables.map((table) => knex(table).orderByRaw(`${table}::text`)));
};

describe('a dry run', () => {
  it('tells of an empty panel what the first run then does, and stores nothing', async () => {
    const report = await compare();
    expect(report).toMatchObject({ run_id: null, dry_run: true, state: 'succeeded', errors: [] });
    expect((await stored()).flat()).toEqual([]);
    expect((await panel.sync()).campaigns).toEqual(report.campaigns);
  });

  it('says that it was stopped, and still answers a report', async () => {
    const stop = new AbortController();
    const report = dryRun(panel.context, { campaignId: undefined, resources: RESOURCES }, stop.signal);
    stop.abort();
    expect(await report).toMatchObject({ run_id: null, dry_run: true, state: 'cancelled' });
  });

  it('finds nothing to do where nothing changed', async () => {
    const before = await stored();
    const resources = (await compare()).campaigns[0]?.resources;
    expect(resources?.members).toEqual({
      fetched: 1_010,
      created: 0,
      updated: 0,
      unchanged: 1_010,
      gone: 0,
      quarantined: 0,
      waiting: 0,
    });
    expect(resources?.posts).toEqual({
      fetched: 45,
      created: 0,
      updated: 0,
      unchanged: 45,
      gone: 0,
      quarantined: 0,
      waiting: 0,
    });
    expect(await stored()).toEqual(before);
  });

  it('tells who changed, who came and who left, as the run after it does', async () => {
    const [changed, removed] = await panel.context.knex('patreon_members').orderBy('id').limit(2).pluck('patreon_id');
    await panel.control.change(`/members/${changed}`, { attributes: { note: 'Moved to the coast.' } });
    await panel.control.change(`/members/${removed}`, { removed: true });
    await panel.control.change('/members', { attributes: { full_name: 'New Here' } });
    const before = await stored();
    const { campaigns, samples } = await compare(20);
    expect(samples.filter(({ resource }) => resource === 'members')).toEqual([
      { campaign: '9100001', resource: 'members', patreon_id: changed, change: 'updated', fields: ['note'] },
      { campaign: '9100001', resource: 'members', patreon_id: expect.any(String), change: 'created', fields: [] },
    ]);
    expect(JSON.stringify(samples)).not.toContain('coast');
    expect(campaigns[0]?.resources.members).toEqual({
      fetched: 1_010,
      created: 1,
      updated: 1,
      unchanged: 1_008,
      gone: 1,
      quarantined: 0,
      waiting: 0,
    });
    expect(await stored()).toEqual(before);
    expect((await panel.sync()).campaigns).toEqual(campaigns);
  });

  it('names no more of each part than it is asked for, and fields alone', async () => {
    const ids: string[] = await panel.context
      .knex('patreon_members')
      .whereNull('gone_at')
      .limit(25)
      .pluck('patreon_id');
    for (const id of ids) {
      await panel.control.change(`/members/${id}`, { attributes: { email: `${id}@elsewhere.example` } });
    }
    const { samples, campaigns } = await compare(20);
    expect(campaigns[0]?.resources.members?.updated).toBe(25);
    expect(samples).toHaveLength(20);
    expect(new Set(samples.map(({ fields }) => fields.join()))).toEqual(new Set(['email']));
    expect(JSON.stringify(samples)).not.toContain('@');
    await panel.sync();
  });

  it('says of a tier and a campaign which fields differ', async () => {
    const [tier] = await panel.context.knex('patreon_tiers').orderBy('id').limit(1).pluck('patreon_id');
    await panel.control.change(`/tiers/${tier}`, { attributes: { title: 'Crow’s nest', amount_cents: 12_300 } });
    await panel.control.change('/campaigns/9100001', { attributes: { creation_name: 'tide tables' } });
    expect((await compare(20)).samples).toEqual([
      expect.objectContaining({ resource: 'campaigns', patreon_id: '9100001', fields: ['creation_name'] }),
      expect.objectContaining({ resource: 'tiers', patreon_id: tier, fields: ['amount_cents', 'title'] }),
    ]);
    await panel.sync();
  });

  it('calls nobody gone when a list could not be read to its end, and says what is missing', async () => {
    await panel.control.fault({ match: MEMBERS, kind: 'looping-cursor', page: 2, times: null });
    const looping = await compare();
    expect(looping.campaigns[0]?.resources.members?.gone).toBe(0);
    await panel.control.reset();
    await panel.control.fault({ match: `${API}/campaigns/{id}/posts`, kind: 'expired-cursor', page: 2, times: null });
    const broken = await compare();
    expect(broken).toMatchObject({ state: 'partial', errors: [{ campaign: '9100001', resource: 'posts' }] });
  });

  describe('of a list that takes away more than can be believed', () => {
    beforeEach(() => panel.control.reset());

    it('would be held for those who are missing, as the run after it is', async () => {
      const ids: string[] = await panel.context
        .knex('patreon_posts')
        .whereNull('gone_at')
        .limit(21)
        .pluck('patreon_id');
      for (const id of ids) await panel.control.change(`/posts/${id}`, { removed: true });
      const before = await stored();
      const report = await compare();
      expect(report).toMatchObject({ state: 'held', errors: [{ resource: 'posts' }] });
      expect(report.errors[0]?.message).toContain('21 of 45 posts are missing');
      expect(report.campaigns[0]?.resources.posts?.gone).toBe(21);
      expect(await stored()).toEqual(before);
      expect((await panel.sync()).state).toBe('held');
      for (const id of ids) await panel.control.change(`/posts/${id}`, { removed: false });
    });

    it('would be held for those who no longer pay, and not below the limit', async () => {
      const paying: string[] = await panel.context
        .knex('patreon_members')
        .where({ kind: 'paying' })
        .whereNull('gone_at')
        .limit(102)
        .pluck('patreon_id');
      const leave = (id: string) =>
        panel.control.change(`/members/${id}`, { attributes: { patron_status: 'former_patron' } });
      const [last = '', ...others] = paying;
      for (const id of others) await leave(id);
      expect(await compare()).toMatchObject({ state: 'succeeded', errors: [] });
      await leave(last);
      const report = await compare();
      expect(report.state).toBe('held');
      expect(report.errors[0]?.message).toContain('102 of 1010 members would no longer be paying');
      expect((await panel.sync()).state).toBe('held');
    });
  });
});
