import { dryRun } from '../../src/apps/sync/dry-run';
import { RESOURCES } from '../../src/apps/sync/sync-run.model';
import { API, type ConnectedPanel, MEMBERS, startConnectedPanel } from './connected-panel';

let panel: ConnectedPanel;
beforeAll(async () => {
  panel = await startConnectedPanel({ campaigns: [{ members: 1_010, posts: 45 }] });
});
afterAll(() => panel.close());

const compare = () => {
  const everything = { campaignId: undefined, resources: RESOURCES };
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
    });
    expect(resources?.posts).toEqual({ fetched: 45, created: 0, updated: 0, unchanged: 45, gone: 0, quarantined: 0 });
    expect(await stored()).toEqual(before);
  });

  it('tells who changed, who came and who left, as the run after it does', async () => {
    const [changed, removed] = await panel.context.knex('patreon_members').orderBy('id').limit(2).pluck('patreon_id');
    await panel.control.change(`/members/${changed}`, { attributes: { note: 'Moved to the coast.' } });
    await panel.control.change(`/members/${removed}`, { removed: true });
    await panel.control.change('/members', { attributes: { full_name: 'New Here' } });
    const before = await stored();
    const { campaigns } = await compare();
    expect(campaigns[0]?.resources.members).toEqual({
      fetched: 1_010,
      created: 1,
      updated: 1,
      unchanged: 1_008,
      gone: 1,
      quarantined: 0,
    });
    expect(await stored()).toEqual(before);
    expect((await panel.sync()).campaigns).toEqual(campaigns);
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
});
