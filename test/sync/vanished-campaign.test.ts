import { type BareAnswer, type BarePanel, type BareResource, startBarePatreon } from './bare-patreon';

describe('a campaign that Patreon no longer lists', () => {
  let panel: BarePanel;
  let listed: string[];
  /** What is answered for the second campaign by itself. */
  let alone: BareAnswer | null;

  const campaign = (id: string, attributes: object = {}): BareResource => ({
    id,
    type: 'campaign',
    attributes: { creation_name: `Campaign ${id}`, ...attributes },
  });

  beforeEach(async () => {
    listed = ['1', '2'];
    alone = null;
    panel = await startBarePatreon((path) => {
      const [, , id = '', below] = path.split('/');
      if (path === '/campaigns')
        return { data: listed.map((one) => campaign(one)), pagination: { total: listed.length } };
      if (below === 'members') return { data: [{ id: `m-${id}`, type: 'member' }], pagination: { total: 1 } };
      if (below === 'posts') return { data: [], pagination: { total: 0 } };
      if (path.startsWith('/campaigns/')) return id === '2' ? alone : { data: campaign(id) };
      return null;
    });
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect((await panel.sync()).state).toBe('succeeded');
    listed = ['1'];
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await panel.close();
  });

  const knex = (table: string) => panel.app.context.knex(table);
  const rowOf = (patreonId: string) => knex('patreon_campaigns').where({ patreon_id: patreonId }).first();
  const goneMembers = () => knex('patreon_members').whereNotNull('gone_at').pluck('patreon_id');

  it('and no longer knows is gone: the run says so once, and its members are kept', async () => {
    const report = await panel.sync();
    expect(report.state).toBe('partial');
    expect(report.errors).toEqual([
      { campaign: '2', resource: 'campaigns', message: expect.stringContaining('no longer knows this campaign') },
    ]);
    expect((await rowOf('2')).gone_at).not.toBeNull();
    expect((await rowOf('1')).gone_at).toBeNull();
    expect(await goneMembers()).toEqual([]);
    const changes = await knex('patreon_changes').where({ resource: 'campaign', kind: 'gone' });
    expect(changes).toEqual([expect.objectContaining({ record_id: (await rowOf('2')).id, run_id: report.run_id })]);
    expect(await panel.sync()).toMatchObject({ state: 'succeeded', errors: [] });
  });

  it('and knows again is back with the next run that lists it', async () => {
    await panel.sync();
    listed = ['1', '2'];
    expect((await panel.sync()).state).toBe('succeeded');
    expect((await rowOf('2')).gone_at).toBeNull();
  });

  it('but answers for stays, as that answer tells it, and every run says what it did not read', async () => {
    alone = { data: campaign('2', { creation_name: 'Renamed' }) };
    for (let runs = 0; runs < 2; runs += 1) {
      const report = await panel.sync();
      expect(report.state).toBe('partial');
      expect(report.errors).toEqual([
        { campaign: '2', resource: 'campaigns', message: expect.stringContaining('no longer lists this campaign') },
      ]);
      expect(report.campaigns.map(({ patreon_id }) => patreon_id)).toEqual(['1']);
    }
    expect(await rowOf('2')).toMatchObject({ gone_at: null, creation_name: 'Renamed' });
    expect(await goneMembers()).toEqual([]);
  });

  it.each([403, 500])('and cannot be asked for (%i) stays as it was, and the run says so', async (status) => {
    const before = await rowOf('2');
    alone = { status };
    const report = await panel.sync();
    expect(report.state).toBe('partial');
    expect(report.errors).toEqual([
      {
        campaign: '2',
        resource: 'campaigns',
        message: expect.stringMatching(new RegExp(`no longer lists.*${status}`)),
      },
    ]);
    expect(await rowOf('2')).toEqual(before);
    expect(await goneMembers()).toEqual([]);
  });
});
