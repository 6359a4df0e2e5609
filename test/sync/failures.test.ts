import { type ConnectedPanel, MEMBERS, POSTS, partOf, startConnectedPanel } from './connected-panel';

const COUNT = 1_010;
const PAGES = 3;

describe('a sync that meets trouble', () => {
  let panel: ConnectedPanel;

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: COUNT, posts: 45 }] });
    // No jitter: pauses between tries are as short as they may be.
    jest.spyOn(Math, 'random').mockReturnValue(0);
  }, 40_000);
  afterEach(async () => {
    jest.restoreAllMocks();
    await panel.close();
  });

  const members = () => panel.context.knex('patreon_members');
  const countOf = async (table: string) => Number((await panel.context.knex(table).count('* as n').first())?.n);
  const firstMember = async (): Promise<string> => {
    const [truth] = await panel.control.truth<{ id: string }>('members');
    return truth?.id ?? '';
  };

  it('ends partial when one page fails for ever: what was read is stored, the other parts are whole, nobody is gone', async () => {
    await panel.sync();
    const id = await firstMember();
    await panel.control.change(`/members/${id}`, { removed: true });
    await panel.control.fault({ match: MEMBERS, kind: '500', page: PAGES, times: null });
    const report = await panel.sync();
    expect(report.state).toBe('partial');
    expect(report.errors).toEqual([
      expect.objectContaining({ resource: 'members', message: expect.stringContaining('Patreon could not answer') }),
    ]);
    expect(partOf(report, 'members')).toMatchObject({ fetched: 1_000, gone: 0 });
    expect(partOf(report, 'posts')).toMatchObject({ fetched: 45, unchanged: 45 });
    expect(await members().whereNotNull('gone_at')).toEqual([]);
    const parts = await panel.context.knex('sync_run_resources').where({ run_id: report.run_id }).orderBy('resource');
    expect(parts.map(({ resource, state }) => [resource, state])).toEqual([
      ['campaigns', 'succeeded'],
      ['members', 'failed'],
      ['posts', 'succeeded'],
      ['tiers', 'succeeded'],
    ]);
  }, 40_000);

  it('converges with the next run once the trouble is over', async () => {
    await panel.control.fault({ match: MEMBERS, kind: '500', page: 2, times: null });
    expect(await panel.sync()).toMatchObject({ state: 'partial' });
    await panel.control.reset();
    const report = await panel.sync();
    expect(report.state).toBe('succeeded');
    expect(partOf(report, 'members')).toMatchObject({ fetched: COUNT, created: COUNT - 500, unchanged: 500 });
    expect(await countOf('patreon_members')).toBe(COUNT);
  }, 40_000);

  it.each(['empty', 'truncated', 'disconnect', '503', '504', '429'])(
    'reads on after one %s answer on the way',
    async (kind) => {
      await panel.control.fault({ match: MEMBERS, kind, page: 2, times: 1 });
      const report = await panel.sync();
      expect(report).toMatchObject({ state: 'succeeded', errors: [] });
      expect(partOf(report, 'members')).toMatchObject({ fetched: COUNT, created: COUNT, quarantined: 0 });
    },
    40_000,
  );

  it.each(['html', 'empty', 'truncated'])(
    'takes an answer that is %s for ever for no data',
    async (kind) => {
      await panel.sync();
      await panel.control.fault({ match: POSTS, kind, times: null });
      const report = await panel.sync();
      expect(report.state).toBe('partial');
      expect(report.errors).toMatchObject([{ resource: 'posts' }]);
      expect(partOf(report, 'posts')).toMatchObject({ fetched: 0, gone: 0 });
      expect(partOf(report, 'members')).toMatchObject({ unchanged: COUNT });
      expect(await panel.context.knex('patreon_posts').whereNotNull('gone_at')).toEqual([]);
    },
    40_000,
  );

  it('does not insist when the edge turns it away, and reads on with the next run', async () => {
    await panel.control.fault({ match: MEMBERS, kind: 'html', page: 2, times: 1 });
    const report = await panel.sync();
    expect(report.state).toBe('partial');
    expect(report.errors[0]?.message).toContain('turned our requests away');
    expect(await panel.sync()).toMatchObject({ state: 'succeeded', errors: [] });
    expect(await countOf('patreon_members')).toBe(COUNT);
  });

  it('comes to an end when a cursor leads in a circle, and draws no conclusion from it', async () => {
    await panel.sync();
    await panel.control.change(`/members/${await firstMember()}`, { removed: true });
    await panel.control.fault({ match: MEMBERS, kind: 'looping-cursor', times: null });
    await panel.control.fault({ match: POSTS, kind: 'looping-cursor', times: null });
    const report = await panel.sync();
    expect(partOf(report, 'members').gone).toBe(0);
    const parts = await panel.context.knex('sync_run_resources').where({ run_id: report.run_id });
    const complete = Object.fromEntries(parts.map((part) => [part.resource, part.complete]));
    expect(complete).toEqual({ campaigns: true, tiers: true, members: false, posts: false });
    expect(await members().whereNotNull('gone_at')).toEqual([]);
  }, 40_000);

  it('begins a list again whose cursor expired on the way', async () => {
    await panel.control.fault({ match: MEMBERS, kind: 'expired-cursor', page: 2, times: 1 });
    const report = await panel.sync();
    expect(report).toMatchObject({ state: 'succeeded' });
    expect(partOf(report, 'members')).toMatchObject({ fetched: COUNT, created: COUNT });
    expect(await countOf('patreon_members')).toBe(COUNT);
  });

  it('quarantines a record that cannot be stored, counts it, and stores its neighbours', async () => {
    const id = await firstMember();
    await panel.control.change(`/members/${id}`, { attributes: { currently_entitled_amount_cents: 'a lot' } });
    const report = await panel.sync();
    expect(report.state).toBe('succeeded');
    expect(partOf(report, 'members')).toMatchObject({ fetched: COUNT - 1, created: COUNT - 1, quarantined: 1 });
    const quarantined = await panel.context.knex('sync_quarantine').where({ run_id: report.run_id });
    expect(quarantined).toHaveLength(1);
    expect(quarantined[0]).toMatchObject({ resource: 'members', patreon_id: id });
    expect(quarantined[0].reason).toContain('currently_entitled_amount_cents');
    expect(JSON.parse(quarantined[0].raw)).toMatchObject({ id });
  });

  it('keeps a member whose record is in quarantine, and calls nobody gone in that pass', async () => {
    await panel.sync();
    const [broken, removed] = await panel.control.truth<{ id: string }>('members');
    await panel.control.change(`/members/${broken?.id}`, { attributes: { pledge_cadence: 'monthly' } });
    await panel.control.change(`/members/${removed?.id}`, { removed: true });
    const report = await panel.sync();
    expect(partOf(report, 'members')).toMatchObject({ quarantined: 1, gone: 0 });
    expect(await members().whereNotNull('gone_at')).toEqual([]);
  });

  it('goes on without an attribute that Patreon has withdrawn, keeps what was known, and says so', async () => {
    await panel.sync();
    const before = await members().orderBy('id').select('id', 'note', 'is_follower');
    await panel.control.settings({ withdrawn_fields: ['member.note', 'member.is_follower'] });
    const report = await panel.sync();
    expect(report.state).toBe('succeeded');
    expect(report.errors.map(({ message }) => message).join()).toMatch(
      /member\.note.*member\.is_follower|member\.is_follower.*member\.note/,
    );
    expect(partOf(report, 'members')).toMatchObject({ fetched: COUNT, unchanged: COUNT });
    expect(await members().orderBy('id').select('id', 'note', 'is_follower')).toEqual(before);
  });

  it('fails when the campaigns themselves cannot be read, and leaves the mirror as it is', async () => {
    await panel.sync();
    await panel.control.fault({ match: 'GET /api/oauth2/v2/campaigns', kind: '502', times: null });
    const report = await panel.sync();
    expect(report).toMatchObject({ state: 'failed', campaigns: [] });
    expect(report.errors).toMatchObject([{ resource: 'campaigns' }]);
    expect(await members().whereNotNull('gone_at')).toEqual([]);
  }, 40_000);

  it('fails and asks for a new connection when the tokens are no more', async () => {
    await panel.sync();
    await panel.control.revoke();
    const report = await panel.sync();
    expect(report.state).toBe('failed');
    expect(report.errors[0]?.message).toContain('Connect Patreon again');
    const credential = await panel.context.knex('patreon_credentials').first('state');
    expect(credential.state).toBe('reconnect_needed');
    expect(await panel.context.knex('sync_locks')).toEqual([]);
  }, 40_000);

  it('never lets a token or an address of Patreon into what it says', async () => {
    await panel.control.fault({ match: MEMBERS, kind: 'html', times: null });
    const report = await panel.sync();
    expect(report.state).toBe('partial');
    expect(JSON.stringify(report)).not.toMatch(/Bearer|http:|token/i);
  }, 40_000);
});

describe('a token without the scope for posts', () => {
  it('reads everything else and says what is missing', async () => {
    const scopes = ['identity', 'campaigns', 'campaigns.members', 'campaigns.members[email]'];
    const panel = await startConnectedPanel({ campaigns: [{ members: 20, posts: 5 }] }, undefined, scopes);
    try {
      const report = await panel.sync();
      expect(report.state).toBe('partial');
      expect(partOf(report, 'members')).toMatchObject({ created: 20 });
      expect(report.errors).toEqual([
        expect.objectContaining({ resource: 'posts', message: expect.stringContaining('campaigns.posts') }),
      ]);
    } finally {
      await panel.close();
    }
  });
});

describe('a sync that reads only some resources', () => {
  it('asks for no others', async () => {
    const panel = await startConnectedPanel({ campaigns: [{ members: 20, posts: 5 }] });
    try {
      const report = await panel.sync({ resources: ['posts'] });
      expect(Object.keys(report.campaigns[0]?.resources ?? {}).sort()).toEqual(['campaigns', 'posts']);
      const again = await panel.sync({ resources: ['tiers', 'posts'] });
      expect(Object.keys(again.campaigns[0]?.resources ?? {}).sort()).toEqual(['posts', 'tiers']);
      expect(await panel.context.knex('patreon_members')).toEqual([]);
    } finally {
      await panel.close();
    }
  });
});

describe('a campaign without members and posts', () => {
  it('syncs, again and again', async () => {
    const panel = await startConnectedPanel({ campaigns: [{ members: 0, posts: 0 }] });
    try {
      for (const created of [1, 0]) {
        const report = await panel.sync();
        expect(report).toMatchObject({ state: 'succeeded', errors: [] });
        expect(partOf(report, 'campaigns').created).toBe(created);
        expect(partOf(report, 'members')).toMatchObject({ fetched: 0, gone: 0 });
      }
    } finally {
      await panel.close();
    }
  });
});
