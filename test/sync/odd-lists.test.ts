import { readPage } from '../support/page';
import { type BareAnswer, type BarePanel, type BareResource, startBarePatreon } from './bare-patreon';

const PAGE = 10;

const member = (id: string): BareResource => ({ id, type: 'member', attributes: { full_name: id } });
const many = (count: number) => Array.from({ length: count }, (_, index) => member(`m-${index}`));
const refusal = (type: string, name: string) => ({
  status: 400,
  errors: [{ status: '400', detail: `Invalid parameter for 'fields[${type}]' on type '${type}': ${name}.` }],
});
const tier = (id: string) => ({ id, type: 'tier' });

describe('lists that are not what they should be', () => {
  let panel: BarePanel;
  /** What Patreon holds, and how it counts. */
  let members: BareResource[];
  let included: BareResource[];
  let campaigns: BareResource[][];
  let single: BareResource | undefined;
  let total: (page: number, count: number) => number | undefined;
  let isHistoryTooMuch: boolean;
  let refused: string | undefined;
  let passes: number;
  /** The second pass ends after its first page, and nothing but its length tells so. */
  let isSecondPassCut: boolean;
  let unreadable: string | undefined;
  /** Names that Patreon has stopped to know, by type. */
  let unknown: Record<string, string>;

  beforeEach(async () => {
    members = many(30);
    included = [];
    campaigns = [[{ id: '1', type: 'campaign', relationships: { tiers: { data: [tier('t1'), tier('t2')] } } }]];
    single = undefined;
    total = (_, count) => count;
    isHistoryTooMuch = false;
    refused = undefined;
    passes = 0;
    isSecondPassCut = false;
    unreadable = undefined;
    unknown = {};
    panel = await startBarePatreon((path, query) => {
      const page = Number(query.get('page[cursor]') ?? 0);
      if (path === '/campaigns') return campaignsPage(page);
      if (/^\/campaigns\/[^/]+$/.test(path))
        return { data: single ?? campaigns.flat().find(({ id }) => path.endsWith(id)) };
      if (path.endsWith('/posts')) return { data: [], pagination: { total: 0 } };
      if (path.endsWith('/members')) return membersPage(page, query);
      const found = members.find(({ id }) => path === `/members/${id}`);
      if (path === `/members/${refused}`) return { status: 403 };
      return found ? { data: found } : null;
    });
    jest.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await panel.close();
  });

  function campaignsPage(page: number): BareAnswer {
    const next = page + 1 < campaigns.length ? String(page + 1) : null;
    const named = new Set(JSON.stringify(campaigns[page]).match(/t\d/g));
    const included = [...named].map((id) => ({ ...tier(id), attributes: { title: id === unreadable ? 7 : id } }));
    return { data: campaigns[page], included, pagination: { cursors: { next }, total: campaigns.flat().length } };
  }

  function membersPage(page: number, query: URLSearchParams): BareAnswer {
    for (const [type, name] of Object.entries(unknown)) {
      if (query.get(`fields[${type}]`)?.split(',').includes(name)) return refusal(type, name);
    }
    if (isHistoryTooMuch && query.get('include')?.includes('pledge_history')) return { status: 504 };
    if (page === 0) passes += 1;
    const isCut = isSecondPassCut && passes === 2;
    const next = (page + 1) * PAGE < members.length && !isCut ? String(page + 1) : null;
    const data = members.slice(page * PAGE, (page + 1) * PAGE);
    return { data, included, pagination: { cursors: { next }, total: total(page, members.length) } };
  }

  const row = (table: string, patreonId: string) =>
    panel.app.context.knex(table).where({ patreon_id: patreonId }).first();
  const gone = (table: string) =>
    panel.app.context.knex(table).whereNotNull('gone_at').orderBy('patreon_id').pluck('patreon_id');
  const counts = (report: Awaited<ReturnType<BarePanel['sync']>>) => report.campaigns[0]?.resources.members;

  it('count far more members than they hold: the run is partial and says how many are missing', async () => {
    total = () => 900;
    const report = await panel.sync();
    expect(report.state).toBe('partial');
    expect(report.errors).toEqual([
      { campaign: '1', resource: 'members', message: expect.stringContaining('counts 900 but listed 30') },
    ]);
    expect(counts(report)).toMatchObject({ fetched: 30, created: 30 });
  });

  it.each([
    ['far fewer than they hold', () => 1],
    ['a total that changes between pages', (page: number, count: number) => (page === 0 ? 5_000 : count)],
    ['nothing', () => undefined],
  ])('count %s: nobody is gone', async (_, counted) => {
    await panel.sync();
    members.pop();
    total = counted;
    const report = await panel.sync();
    expect(counts(report)?.gone).toBe(0);
    expect(await gone('patreon_members')).toEqual([]);
  });

  it('lose somebody who may not be asked for: the others are gone all the same', async () => {
    members = [...members, member('m.odd+1~'), member('a/b')];
    await panel.sync();
    members = members.filter(({ id }) => !['m.odd+1~', 'a/b', 'm-3', 'm-4'].includes(id));
    refused = 'm-4';
    const report = await panel.sync();
    expect(report.state).toBe('succeeded');
    expect(await gone('patreon_members')).toEqual(['m-3', 'm.odd+1~']);
  });

  it('lose everybody of a small campaign: each is gone, because each is asked for', async () => {
    members = many(3);
    await panel.sync();
    members = [];
    const report = await panel.sync();
    expect(report.state).toBe('succeeded');
    expect(await gone('patreon_members')).toEqual(['m-0', 'm-1', 'm-2']);
  });

  it('lose more than can be believed: the run is held, and the dashboard says so', async () => {
    await panel.sync();
    members = [];
    expect((await panel.sync()).state).toBe('held');
    expect(await gone('patreon_members')).toEqual([]);
    const owner = await panel.app.signInAs('owner');
    const { problems } = (await owner.get('/patreon/api/status/').set('accept', 'application/json')).body;
    expect(problems).toContainEqual(expect.objectContaining({ code: 'sync_held' }));
  });

  it('are confirmed by a second pass only if that one is whole by itself', async () => {
    members = many(700);
    await panel.sync();
    members = members.slice(60);
    passes = 0;
    isSecondPassCut = true;
    expect(counts(await panel.sync())?.gone).toBe(0);
    expect(await gone('patreon_members')).toEqual([]);
    passes = 0;
    isSecondPassCut = false;
    expect(counts(await panel.sync())?.gone).toBe(60);
  }, 30_000);

  it('cannot be answered with pledge histories: members are read without them, once found out', async () => {
    isHistoryTooMuch = true;
    const report = await panel.sync();
    expect(counts(report)).toMatchObject({ fetched: 30, created: 30 });
    expect(report.state).toBe('partial');
    expect(report.errors[0]?.message).toContain('pledge histories');
    // Five halvings, one page without histories, and two more that do not ask for them again.
    expect(report.requests).toBeLessThan(20);
  });

  it('stop telling something: what was told before stays, and can still be found', async () => {
    const attributes = { full_name: 'Ann', patron_status: 'active_patron', last_charge_status: 'Paid' };
    const user = { id: 'u', type: 'user' };
    const events = [{ id: 'subscription:1', type: 'pledge-event' }];
    const relationships = { user: { data: user }, pledge_history: { data: events } };
    members = ['a', 'b'].map((id) => ({ id, type: 'member', attributes, relationships }));
    const social_connections = { discord: { user_id: '123', url: null } };
    included = [{ ...user, attributes: { is_email_verified: true, social_connections } }, ...events];
    await panel.sync();
    const told = await row('patreon_members', 'a');
    expect(told).toMatchObject({ kind: 'paying', user_is_email_verified: true, discord_user_id: '123' });
    expect(await panel.app.context.knex('pledge_events').pluck('patreon_id')).toEqual([
      'subscription:1',
      'subscription:1',
    ]);

    unknown = { member: 'patron_status', user: 'social_connections' };
    included = [{ ...user, attributes: { is_email_verified: true } }, ...events];
    await panel.sync();
    const kept = {
      patron_status: 'active_patron',
      user_social_connections: social_connections,
      discord_user_id: '123',
    };
    expect(await row('patreon_members', 'a')).toMatchObject({ kind: 'unknown', ...kept });
    const viewer = await panel.app.signInAs('viewer');
    const list = readPage((await viewer.get('/patreon/members/?status=active_patron&sort=name')).text);
    expect(list.rows('members').map(({ patreonId }) => patreonId)).toEqual(['a', 'b']);
  });

  it('hold a record that is no record: its beginning is shown, but nothing of a postal address', async () => {
    const address = { id: 'home', type: 'address' };
    members = [
      { id: 'huge', type: 'member', attributes: { full_name: `Long${'g'.repeat(1_000_000)}` } },
      { id: 'far', type: 'member', relationships: { address: { data: address } } },
    ];
    included = [{ ...address, attributes: { city: 7, line_1: '1 Secret Street' } }];
    const report = await panel.sync();
    expect(counts(report)).toMatchObject({ fetched: 1, quarantined: 2 });
    const owner = await panel.app.signInAs('owner');
    const { text } = await owner.get(`/patreon/sync/${report.run_id}/`);
    expect(text).toContain('Longggg');
    expect(text.length).toBeLessThan(40_000);
    expect(text).toContain('attributes.city');
    const { knex } = panel.app.context;
    expect(JSON.stringify(await knex('sync_quarantine'))).not.toContain('Secret Street');

    await knex.raw(`alter table sync_runs alter column id restart with ${report.run_id + 20}`);
    members = many(2);
    await panel.sync();
    expect(await knex('sync_quarantine')).toEqual([]);
  });

  it('are not asked for through a dead connection: the refusal says to connect again', async () => {
    await panel.app.context.knex('patreon_credentials').update({ state: 'reconnect_needed' });
    await expect(panel.sync()).rejects.toThrow('Connect Patreon again');
    await panel.app.context.knex('patreon_credentials').delete();
    await expect(panel.sync()).rejects.toThrow('Nothing is connected');
  });

  it('leave out a tier that the campaign itself still names: it stays', async () => {
    await panel.sync();
    single = campaigns[0]?.[0];
    campaigns = [[{ id: '1', type: 'campaign', relationships: { tiers: { data: null } } }]];
    await panel.sync();
    expect(await gone('patreon_tiers')).toEqual([]);
    single = { id: '1', type: 'campaign', relationships: { tiers: { data: [tier('t1')] } } };
    await panel.sync();
    expect(await gone('patreon_tiers')).toEqual(['t2']);
  });

  it('of campaigns go on over several pages, and one that cannot be read is named', async () => {
    const second = { id: '2', type: 'campaign', attributes: { name: 'Second' } };
    campaigns = [...campaigns, [second], [{ id: '3', type: 'campaign', attributes: { patron_count: 'many' } }, second]];
    const report = await panel.sync();
    expect(report.campaigns.map((campaign) => campaign.patreon_id)).toEqual(['1', '2']);
    expect(report.state).toBe('partial');
    expect(report.errors).toEqual([
      { campaign: '3', resource: 'campaigns', message: expect.stringContaining('patron_count') },
    ]);
    expect(await row('patreon_campaigns', '3')).toBeUndefined();
  });

  it('of tiers that cannot be read are counted for their own campaign alone', async () => {
    const tiers = { tiers: { data: [tier('t9')] } };
    campaigns = [[...(campaigns[0] ?? []), { id: '2', type: 'campaign', relationships: tiers }]];
    unreadable = 't9';
    const report = await panel.sync();
    expect(report.campaigns.map(({ resources }) => resources.tiers)).toEqual([
      expect.objectContaining({ fetched: 2, quarantined: 0 }),
      expect.objectContaining({ fetched: 0, quarantined: 1 }),
    ]);
  });
});
