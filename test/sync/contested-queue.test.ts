import { LeaseLostError } from '../../src/apps/sync/run-lease';
import { runSync } from '../../src/apps/sync/run-sync';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import { watchFailPoints } from '../../src/lib/fail-points';
import { API, type ConnectedPanel, MEMBERS, startConnectedPanel } from './connected-panel';
import { answeredRead, until } from './moments';

const neverStops = new AbortController().signal;
const PER_PAGE = 10;

/**
 * The single read was asked before the change and the page behind it, and they overlap: the page leaves the member out, so
 * that only a third read can bring what Patreon says. The process dies before it, at the place named.
 */
describe('members whose page and single read overlapped', () => {
  let panel: ConnectedPanel;
  let ids: string[];

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: 30, posts: 1 }] });
    await panel.control.settings({ most_per_page: PER_PAGE });
    await panel.sync();
    ids = (await panel.control.truth<{ id: string }>('members')).map(({ id }) => id);
    await panel.control.reset();
  }, 40_000);
  afterEach(async () => {
    watchFailPoints(() => undefined);
    await panel.close();
  });

  const knex = (table: string) => panel.context.knex(table);
  const notes = (of: string[]) => knex('patreon_members').whereIn('patreon_id', of).orderBy('patreon_id').pluck('note');
  const annotate = async (of: string[], note: string) => {
    for (const id of of) await panel.control.change(`/members/${id}`, { attributes: { note } });
  };
  const part = (runId: number) =>
    knex('sync_run_resources').where({ run_id: runId, resource: 'members' }).first('phase', 'pages', 'pass', 'state');
  const singleReadsOf = async (id: string) =>
    (await panel.control.paths()).filter((path) => path.startsWith(`/members/${id}`)).length;
  const readAnswered = async (id: string) => {
    const row = await knex('patreon_members').where({ patreon_id: id }).first('campaign_id', 'patreon_id');
    return answeredRead(panel, row);
  };

  /** A run over a list in which the single reads of these members and their pages overlap; not begun. */
  async function contest(contested: string[], page: number) {
    const singles = [];
    for (const id of contested) singles.push(await readAnswered(id));
    await annotate(ids, 'After');
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page });
    const { runId } = await requestSync(panel.context, { trigger: 'cli', resources: ['members'], withoutJob: true });
    const running = runSync(panel.context, runId, neverStops);
    await until(async () => (await panel.control.heldAnswers()).length > 0);
    for (const single of singles) expect(await single.store()).toBe('unchanged');
    return { runId, running, release: () => panel.control.release() };
  }

  /** As the process ends there: what is not committed is lost, and nobody writes anything more of the run. */
  function dieAt(place: string, time: number, runId: number) {
    let passed = 0;
    watchFailPoints((name) => {
      if (name === place) passed += 1;
      if (name === place && passed === time) throw new LeaseLostError(runId);
    });
  }

  async function takeOver(runId: number) {
    watchFailPoints(() => undefined);
    expect(await knex('sync_runs').where({ id: runId }).first('state')).toEqual({ state: 'running' });
    await knex('sync_runs').where({ id: runId }).update({ lease_until: '2020-01-01' });
    return runSync(panel.context, runId, neverStops);
  }

  it.each([
    ['when the last page has just been stored', 'page.committed', 3],
    ['when the pass has been judged', 'pass.judged', 1],
    ['while the records that differ are stored', 'staged.applied', 1],
    ['before the first of them is read again', 'one.asked', 1],
    ['while the first of them is stored', 'one.stored', 1],
    ['between the first and the second', 'one.asked', 2],
  ])('are read again by whoever takes over from a process that died %s', async (_when, place, time) => {
    const contested = ids.slice(0, 2);
    const { runId, running, release } = await contest(contested, 1);
    dieAt(place, time, runId);
    await release();
    expect(await running).toBe('not_ours');
    expect((await part(runId)).pass.contested.sort()).toEqual([...contested].sort());
    expect(await notes(contested)).not.toEqual(['After', 'After']);
    await panel.control.reset();

    expect(await takeOver(runId)).toBe('succeeded');
    expect(await notes(contested)).toEqual(['After', 'After']);
    for (const id of contested) expect(await singleReadsOf(id)).toBe(1);
    expect(await notes(ids)).toEqual(ids.map(() => 'After'));
    expect(await part(runId)).toMatchObject({ state: 'succeeded', pages: 3 });
  });

  it('are not read again when the list is, because what it says by then is newer', async () => {
    const contested = ids.slice(0, 2);
    const { runId, running, release } = await contest(contested, 1);
    dieAt('page.committed', 2, runId);
    await release();
    expect(await running).toBe('not_ours');
    await panel.control.reset();
    // As after a crash of the database.
    await knex('sync_sighted_pages').delete();
    expect(await takeOver(runId)).toBe('succeeded');
    expect(await notes(ids)).toEqual(ids.map(() => 'After'));
    for (const id of contested) expect(await singleReadsOf(id)).toBe(0);
    expect((await part(runId)).pass.contested).toEqual([]);
  });

  it('do not keep a run from its end when Patreon does not let one of them be read', async () => {
    const [first = '', second = ''] = ids.slice(0, 2);
    const { runId, running, release } = await contest([first, second], 1);
    dieAt('pass.judged', 1, runId);
    await release();
    expect(await running).toBe('not_ours');
    await panel.control.fault({ match: `${API}/members/{id}`, kind: '403' });
    expect(await takeOver(runId)).toBe('succeeded');
    expect((await notes([first, second])).filter((note) => note === 'After')).toHaveLength(1);
  });

  it('are left as a single read told them that was stored while their records waited, whoever stores those', async () => {
    const [first = '', ...others] = ids;
    await annotate(ids, 'Before');
    const { runId } = await requestSync(panel.context, { trigger: 'cli', resources: ['members'], withoutJob: true });
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page: 1 });
    const running = runSync(panel.context, runId, neverStops);
    await until(async () => (await panel.control.heldAnswers()).length > 0);
    const single = await readAnswered(first);
    dieAt('pass.judged', 1, runId);
    await panel.control.release();
    expect(await running).toBe('not_ours');
    await annotate([first], 'After');
    // The page overlapped it, so it is read once more.
    expect(await single.store()).toBe('updated');
    expect(await takeOver(runId)).toBe('succeeded');
    expect(await notes([first])).toEqual(['After']);
    expect(await notes(others)).toEqual(others.map(() => 'Before'));
  });
});
