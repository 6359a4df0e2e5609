import { runSync } from '../../src/apps/sync/run-sync';
import { syncReport } from '../../src/apps/sync/sync-report';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import { type ConnectedPanel, MEMBERS, partOf, startConnectedPanel } from './connected-panel';

const MEMBERS_COUNT = 40;
const neverStops = new AbortController().signal;

describe('a run whose process stopped in the middle of a list', () => {
  let panel: ConnectedPanel;

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: MEMBERS_COUNT, posts: 3 }] });
    await panel.control.settings({ most_per_page: 10 });
  }, 40_000);
  afterEach(() => panel.close());

  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
  };
  const members = () => panel.context.knex('patreon_members').whereNull('gone_at');
  const part = (runId: number) =>
    panel.context.knex('sync_run_resources').where({ run_id: runId, resource: 'members' }).first();

  /** Starts a run and stops its process when two pages of members are stored and the third is on its way. */
  async function stopAfterTwoPages(): Promise<number> {
    const { runId } = await requestSync(panel.context, { trigger: 'cli', withoutJob: true });
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page: 3 });
    const stop = new AbortController();
    const running = runSync(panel.context, runId, stop.signal);
    await until(async () => (await panel.control.heldAnswers()).length > 0 && (await part(runId))?.pages === 2);
    stop.abort();
    expect(await running).toBe('queued');
    await panel.control.release();
    await panel.control.reset();
    return runId;
  }
  const firstPages = async () =>
    (await panel.control.paths()).filter((path) => /\/members\?/.test(path) && !path.includes('page[cursor]')).length;

  it('goes on at the page where it stopped, and counts as one', async () => {
    const runId = await stopAfterTwoPages();
    expect(await runSync(panel.context, runId, neverStops)).toBe('succeeded');
    const report = await syncReport(panel.context, runId);
    expect(partOf(report, 'members')).toMatchObject({ fetched: MEMBERS_COUNT, created: MEMBERS_COUNT, unchanged: 0 });
    expect(await firstPages()).toBe(0);
    expect((await part(runId)).complete).toBe(true);
  });

  it('does not read again what it had finished', async () => {
    const runId = await stopAfterTwoPages();
    await runSync(panel.context, runId, neverStops);
    const report = await syncReport(panel.context, runId);
    expect(partOf(report, 'campaigns')).toMatchObject({ fetched: 1, created: 1, updated: 0, unchanged: 0 });
    expect(partOf(report, 'tiers').fetched).toBe((await panel.context.knex('patreon_tiers').pluck('id')).length);
  });

  it('begins the list again when Patreon no longer knows the place', async () => {
    const runId = await stopAfterTwoPages();
    await panel.control.clock({ advance_seconds: 3_600, life: false });
    expect(await runSync(panel.context, runId, neverStops)).toBe('succeeded');
    expect(partOf(await syncReport(panel.context, runId), 'members')).toMatchObject({ fetched: MEMBERS_COUNT });
    expect(await members().count().first()).toMatchObject({ count: MEMBERS_COUNT });
    expect((await part(runId)).complete).toBe(true);
  });

  it('begins the list again when a crash of the database took the sightings, so that nobody seems to be missing', async () => {
    await panel.sync();
    const runId = await stopAfterTwoPages();
    await panel.context.knex('sync_sighted_pages').delete();
    expect(await runSync(panel.context, runId, neverStops)).toBe('succeeded');
    expect(await firstPages()).toBe(1);
    expect(partOf(await syncReport(panel.context, runId), 'members')).toMatchObject({
      fetched: MEMBERS_COUNT,
      gone: 0,
    });
    expect(await members().count().first()).toMatchObject({ count: MEMBERS_COUNT });
  });

  it('keeps what waited to be judged, and stores it once the rest has been read', async () => {
    await panel.sync();
    const ids: string[] = await members().orderBy('patreon_id').pluck('patreon_id');
    for (const id of ids) await panel.control.change(`/members/${id}`, { attributes: { note: 'Was here' } });
    const runId = await stopAfterTwoPages();
    expect(await part(runId)).toMatchObject({ staged: 20, updated: 0 });
    expect(await members().where({ note: 'Was here' }).count().first()).toMatchObject({ count: 0 });
    await runSync(panel.context, runId, neverStops);
    expect(await part(runId)).toMatchObject({ staged: 0, updated: MEMBERS_COUNT });
    expect(await members().where({ note: 'Was here' }).count().first()).toMatchObject({ count: MEMBERS_COUNT });
    expect(await panel.context.knex('sync_staged_records').count().first()).toMatchObject({ count: 0 });
  });
});
