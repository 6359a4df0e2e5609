import { syncReport } from '../../src/apps/sync/sync-report';
import { type ConnectedPanel, MEMBERS, partOf, startConnectedPanel } from './connected-panel';

const COUNT = 40;
const PER_PAGE = 10;

describe('a first sync that failed half-way through its members', () => {
  let panel: ConnectedPanel;

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: COUNT, posts: 3 }] });
    await panel.control.settings({ most_per_page: PER_PAGE });
  }, 40_000);
  afterEach(() => panel.close());

  const knex = (table: string) => panel.context.knex(table);
  const idsAtPatreon = async () => (await panel.control.truth<{ id: string }>('members')).map(({ id }) => id).sort();
  const mirrored = () => knex('patreon_members').whereNull('gone_at').orderBy('patreon_id').pluck('patreon_id');
  const partsOf = (runId: number) => knex('sync_run_resources').where({ run_id: runId, resource: 'members' }).first();

  /** Patreon refuses the members from this page on. */
  async function failFrom(page: number) {
    await panel.control.fault({ match: MEMBERS, kind: '403', from_page: page, times: null });
    const report = await panel.sync();
    await panel.control.reset();
    return report;
  }

  it.each([
    [2, PER_PAGE],
    [4, 3 * PER_PAGE],
  ])('at page %i is completed by the next: nothing is lost and nothing comes twice', async (page, stored) => {
    const failed = await failFrom(page);
    expect(failed.state).toBe('partial');
    expect(await mirrored()).toHaveLength(stored);
    expect(await partsOf(failed.run_id)).toMatchObject({ state: 'failed', complete: false, created: stored });

    const next = await panel.sync();
    expect(next).toMatchObject({ state: 'succeeded', errors: [] });
    const { fetched, created, updated, unchanged, gone } = partOf(next, 'members');
    expect([fetched, created, updated, unchanged, gone]).toEqual([COUNT, COUNT - stored, 0, stored, 0]);
    expect(await mirrored()).toEqual(await idsAtPatreon());
    expect(await partsOf(next.run_id)).toMatchObject({ complete: true, staged: 0 });

    const changes = await knex('patreon_changes').where({ resource: 'member' }).select('kind', 'record_id', 'run_id');
    expect(new Set(changes.map(({ record_id }) => record_id)).size).toBe(COUNT);
    expect(changes.map(({ kind }) => kind)).toEqual(Array(COUNT).fill('created'));
    expect(changes.filter(({ run_id }) => run_id === next.run_id)).toHaveLength(COUNT - stored);
    expect(await knex('sync_staged_records')).toEqual([]);
    expect(await knex('sync_sighted_pages')).toEqual([]);
  });

  it('leaves the same mirror, with histories and addresses, as one that never failed', async () => {
    const contents = async () => {
      const members = await knex('patreon_members as m')
        .select('m.patreon_id', 'm.full_name', 'm.kind', 'm.monthly_cents', 'm.patron_status')
        .select(panel.context.knex.raw(`encode(m.digest, 'hex') as digest`))
        .select(
          panel.context.knex.raw('(select count(*) from member_addresses a where a.member_id = m.id) as addresses'),
        )
        .orderBy('m.patreon_id');
      const events = await knex('pledge_events as e')
        .join('patreon_members as m', 'm.id', 'e.member_id')
        .select('m.patreon_id as member', 'e.patreon_id', 'e.payment_status', 'e.amount_cents')
        .orderByRaw('1, 2');
      return { members, events };
    };
    await failFrom(3);
    await panel.sync();
    const completed = await contents();
    expect(completed.members).toHaveLength(COUNT);
    expect(completed.events.length).toBeGreaterThan(0);
    await knex('patreon_campaigns').delete();
    expect((await panel.sync()).state).toBe('succeeded');
    expect(await contents()).toEqual(completed);
  });

  it('is completed also when people came, left and changed meanwhile', async () => {
    await failFrom(3);
    const [first = '', second = ''] = await mirrored();
    await panel.control.change(`/members/${first}`, { removed: true });
    await panel.control.change(`/members/${second}`, { attributes: { note: 'Changed' } });
    const { id } = await panel.control.change('/members', { attributes: { full_name: 'New' }, position: 'start' });
    const next = await panel.sync();
    expect(next.state).toBe('succeeded');
    expect(partOf(next, 'members')).toMatchObject({ created: 21, updated: 1, gone: 1, unchanged: 18 });
    expect(await mirrored()).toEqual(await idsAtPatreon());
    expect(await mirrored()).toContain(id);
    expect(await knex('patreon_members').where({ note: 'Changed' }).pluck('patreon_id')).toEqual([second]);
  });

  it('and fails again leaves what both have read, and the third completes it', async () => {
    await failFrom(2);
    const second = await failFrom(4);
    expect(second.state).toBe('partial');
    // What half a list says of those it names is true: it was stored when the part failed.
    expect(partOf(await syncReport(panel.context, second.run_id), 'members')).toMatchObject({
      created: 2 * PER_PAGE,
      unchanged: PER_PAGE,
      waiting: 0,
    });
    expect(await mirrored()).toHaveLength(3 * PER_PAGE);
    const third = await panel.sync();
    expect(partOf(third, 'members')).toMatchObject({ created: PER_PAGE, unchanged: 3 * PER_PAGE, gone: 0 });
    expect(await mirrored()).toEqual(await idsAtPatreon());
  });

  it('before anything was stored is a first sync again', async () => {
    // Which also finds out what the token may read.
    await panel.sync({ resources: ['campaigns'] });
    await failFrom(1);
    expect(await mirrored()).toEqual([]);
    const next = await panel.sync();
    expect(partOf(next, 'members')).toMatchObject({ fetched: COUNT, created: COUNT, updated: 0, unchanged: 0 });
    expect((await partsOf(next.run_id)).pass).toMatchObject({ isStaged: false });
  });
});
