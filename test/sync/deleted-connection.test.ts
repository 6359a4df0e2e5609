import { runSync } from '../../src/apps/sync/run-sync';
import { syncReport } from '../../src/apps/sync/sync-report';
import { recoverRuns, requestSync } from '../../src/apps/sync/sync-runs.service';
import { insertConnection } from '../connections/connection-fixtures';
import { API, type ConnectedPanel, MEMBERS, POSTS, startConnectedPanel } from './connected-panel';
import { answerHeld, until } from './moments';

const neverStops = new AbortController().signal;
const COUNT = 40;
const DELETED = expect.stringMatching(/^The connection of this run was deleted/);

describe('a run whose connection was deleted', () => {
  let panel: ConnectedPanel;
  let connectionId: number;

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: COUNT, posts: 3 }] });
    await panel.control.settings({ most_per_page: 10 });
    // Those of the environment cannot be deleted.
    await knex('patreon_credentials').delete();
    connectionId = (await insertConnection(panel.context, await panel.control.mint())).id;
  }, 40_000);
  afterEach(() => panel.close());

  const knex = (table: string) => panel.context.knex(table);
  const execute = (runId: number) => runSync(panel.context, runId, neverStops);
  const request = () => requestSync(panel.context, { trigger: 'panel', withoutJob: true });
  const runRow = (id: number) => knex('sync_runs').where({ id }).first();
  const membersPart = (runId: number) =>
    knex('sync_run_resources').where({ run_id: runId, resource: 'members' }).first();
  const liveMembers = async () => (await knex('patreon_members').whereNull('gone_at').pluck('id')).length;

  /** As the owner does it, with the name of the connection typed. */
  async function deleteConnection(id = connectionId): Promise<void> {
    const owner = await panel.app.signInAs('owner');
    const answer = await owner.postForm(`/admin/patreon/patreoncredential/${id}/delete/`, {
      confirm: 'Quill Workshop',
    });
    expect(answer.status).toBe(303);
    expect(await knex('patreon_credentials').where({ id })).toEqual([]);
  }

  /** Nothing of the run is left open, and another connection is read at once. */
  async function expectNobodyIsKept(runId: number) {
    expect(await runRow(runId)).toMatchObject({
      lease_until: null,
      waiting_until: null,
      finished_at: expect.anything(),
    });
    const open = await knex('sync_run_resources').where({ run_id: runId }).whereNull('finished_at');
    expect(open).toEqual([]);
    for (const table of ['sync_locks', 'sync_staged_records', 'sync_sighted_pages'])
      expect(await knex(table)).toEqual([]);
    expect(await recoverRuns(panel.context)).toBe(0);
    await panel.control.reset();
    const { id } = await insertConnection(panel.context, await panel.control.mint());
    const { isNew, runId: next } = await requestSync(panel.context, {
      trigger: 'panel',
      credentialId: id,
      withoutJob: true,
    });
    expect(isNew).toBe(true);
    expect(await execute(next)).toBe('succeeded');
    expect(await liveMembers()).toBe(COUNT);
    expect((await knex('patreon_campaigns').first('credential_id')).credential_id).toBe(id);
  }

  it('while it was queued says so, asks nothing of Patreon and keeps nobody waiting', async () => {
    const { runId } = await request();
    await deleteConnection();
    await panel.control.reset();
    expect(await execute(runId)).toBe('failed');
    expect((await syncReport(panel.context, runId)).errors).toEqual([
      { campaign: null, resource: 'campaigns', message: DELETED },
    ]);
    expect(await panel.control.requests()).toEqual([]);
    await expectNobodyIsKept(runId);
  });

  it('while it was queued with another one reads the other, and says what it could not read', async () => {
    const other = await insertConnection(panel.context, await panel.control.mint());
    const { runId } = await request();
    expect(await knex('sync_locks').pluck('credential_id')).toEqual([connectionId, other.id]);
    await deleteConnection();
    expect(await execute(runId)).toBe('partial');
    expect((await syncReport(panel.context, runId)).errors).toEqual([
      { campaign: null, resource: 'campaigns', message: expect.stringContaining('deleted') },
    ]);
    expect(await liveMembers()).toBe(COUNT);
    await deleteConnection(other.id);
    await expectNobodyIsKept(runId);
  });

  it('while its campaigns were on their way says so and stores nothing through it', async () => {
    await panel.control.fault({ match: `${API}/campaigns`, kind: 'held-answer' });
    const { runId } = await request();
    const running = execute(runId);
    await answerHeld(panel);
    await deleteConnection();
    await panel.control.release();
    expect(await running).toBe('failed');
    expect((await syncReport(panel.context, runId)).errors).toEqual([
      { campaign: '9100001', resource: 'campaigns', message: DELETED },
    ]);
    expect(await knex('patreon_campaigns')).toEqual([]);
    await expectNobodyIsKept(runId);
  });

  it('in the middle of its members keeps what was read, says so of each part and asks nothing more', async () => {
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page: 3 });
    const { runId } = await request();
    const running = execute(runId);
    await answerHeld(panel);
    await until(async () => (await membersPart(runId))?.pages === 2);
    await deleteConnection();
    await panel.control.reset();
    await panel.control.release();
    expect(await running).toBe('partial');
    expect((await syncReport(panel.context, runId)).errors).toEqual([
      { campaign: '9100001', resource: 'members', message: DELETED },
      { campaign: '9100001', resource: 'posts', message: DELETED },
    ]);
    expect(await panel.control.requests()).toEqual([]);
    expect(await liveMembers()).toBeGreaterThanOrEqual(20);
    await expectNobodyIsKept(runId);
  });

  it('in the middle of a later pass stores of it what is true, and marks nobody as gone', async () => {
    await panel.sync();
    const ids: string[] = (await panel.control.truth<{ id: string }>('members')).map(({ id }) => id);
    for (const id of ids) await panel.control.change(`/members/${id}`, { attributes: { note: 'New' } });
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page: 3 });
    const { runId } = await request();
    const running = execute(runId);
    await answerHeld(panel);
    await until(async () => (await membersPart(runId))?.pages === 2);
    await deleteConnection();
    await panel.control.release();
    expect(await running).toBe('partial');
    expect(await membersPart(runId)).toMatchObject({ state: 'failed', error: DELETED, gone: 0, staged: 0 });
    expect((await knex('patreon_members').where({ note: 'New' })).length).toBeGreaterThanOrEqual(20);
    expect(await liveMembers()).toBe(COUNT);
    await expectNobodyIsKept(runId);
  });

  it('when everything had been read but not been stored is stored to its end', async () => {
    await panel.sync();
    await panel.control.fault({ match: POSTS, kind: 'held-answer' });
    const { runId } = await request();
    const running = execute(runId);
    await answerHeld(panel);
    await deleteConnection();
    await panel.control.release();
    expect(await running).toBe('succeeded');
    await expectNobodyIsKept(runId);
  });

  it('while its process was dead is brought to its end by whoever takes it over', async () => {
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page: 2 });
    const { runId } = await request();
    const stop = new AbortController();
    const running = runSync(panel.context, runId, stop.signal);
    await answerHeld(panel);
    stop.abort();
    expect(await running).toBe('queued');
    await panel.control.release();
    await deleteConnection();
    expect(await execute(runId)).toBe('partial');
    expect((await syncReport(panel.context, runId)).errors).toContainEqual({
      campaign: null,
      resource: 'campaigns',
      message: expect.stringContaining('deleted'),
    });
    expect(await membersPart(runId)).toMatchObject({ state: 'failed' });
    await expectNobodyIsKept(runId);
  });
});
