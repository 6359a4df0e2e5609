import { runSync } from '../../src/apps/sync/run-sync';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import { watchFailPoints } from '../../src/lib/fail-points';
import type { SignedInVisitor } from '../support/app';
import { readPage } from '../support/page';
import { type ConnectedPanel, MEMBERS, startConnectedPanel } from './connected-panel';
import { answerHeld, until, waitingForLocks } from './moments';

const neverStops = new AbortController().signal;

describe('a decision that something comes between', () => {
  let panel: ConnectedPanel;
  let owner: SignedInVisitor;

  const start = async (count: number) => {
    panel = await startConnectedPanel({ campaigns: [{ members: count, posts: 1 }] });
    owner = await panel.app.signInAs('owner');
    await panel.sync();
  };
  afterEach(async () => {
    watchFailPoints(() => undefined);
    await panel.close();
  });

  const knex = (table: string) => panel.context.knex(table);
  const runRow = (id: number) => knex('sync_runs').where({ id }).first();
  const membersPart = (runId: number) =>
    knex('sync_run_resources').where({ run_id: runId, resource: 'members' }).first();
  const decide = (runId: number, how: 'apply' | 'discard' | 'cancel') =>
    owner.postForm(`/patreon/sync/${runId}/${how}/`);
  const execute = (runId: number) => runSync(panel.context, runId, neverStops);
  const someIds = (count: number): Promise<string[]> =>
    knex('patreon_members').orderBy('patreon_id').limit(count).pluck('patreon_id');
  const goneIds = () => knex('patreon_members').whereNotNull('gone_at').orderBy('patreon_id').pluck('patreon_id');
  const remove = async (ids: string[], removed = true) => {
    for (const id of ids) await panel.control.change(`/members/${id}`, { removed });
  };

  it('is held again when the database fails while it is stored, and the owner can apply the rest', async () => {
    await start(600);
    const ids = await someIds(600);
    const left = ids.slice(0, 5);
    await remove(left);
    const attributes = { patron_status: 'former_patron', note: 'New' };
    for (const id of ids.slice(5)) await panel.control.change(`/members/${id}`, { attributes });
    const { run_id: runId, state } = await panel.sync({ resources: ['members'] });
    expect(state).toBe('held');
    /** So many are stored, so many still wait. */
    const progress = async () => [
      (await knex('patreon_members').where({ note: 'New' })).length,
      (await knex('sync_staged_records').where({ run_id: runId })).length,
    ];

    await decide(runId, 'apply');
    let batches = 0;
    watchFailPoints((name) => {
      if (name !== 'staged.applied') return;
      batches += 1;
      if (batches === 2) throw new Error('terminating connection due to administrator command');
    });
    expect(await execute(runId)).toBe('held');
    watchFailPoints(() => undefined);
    expect(await runRow(runId)).toMatchObject({ state: 'held', decision: null, decided_by: null, decided_at: null });
    expect(await progress()).toEqual([500, 95]);
    expect(await knex('sync_locks')).toEqual([]);
    const page = readPage((await owner.get(`/patreon/sync/${runId}/`)).text);
    expect(page.text).toContain('terminating connection');
    expect(page.html).toContain(`action="/patreon/sync/${runId}/apply/"`);

    await panel.control.reset();
    expect((await decide(runId, 'apply')).status).toBe(303);
    expect(await execute(runId)).toBe('succeeded');
    expect(await panel.control.requests()).toEqual([]);
    expect(await progress()).toEqual([595, 0]);
    expect(await goneIds()).toEqual(left);
    expect(await membersPart(runId)).toMatchObject({ state: 'succeeded', updated: 595, gone: 5, staged: 0 });
  });

  it('stops between two batches when its process is asked to, and is taken up where it was', async () => {
    await start(600);
    const ids = await someIds(600);
    const attributes = { patron_status: 'former_patron', note: 'New' };
    for (const id of ids) await panel.control.change(`/members/${id}`, { attributes });
    const { run_id: runId } = await panel.sync({ resources: ['members'] });
    await decide(runId, 'apply');
    const stop = new AbortController();
    watchFailPoints((name) => {
      if (name === 'staged.applied') stop.abort();
    });
    expect(await runSync(panel.context, runId, stop.signal)).toBe('queued');
    watchFailPoints(() => undefined);
    expect(await knex('patreon_members').where({ note: 'New' })).toHaveLength(500);
    expect(await runRow(runId)).toMatchObject({ state: 'queued', decision: 'applied' });
    expect(await execute(runId)).toBe('succeeded');
    expect(await knex('patreon_members').where({ note: 'New' })).toHaveLength(600);
  });

  it('leaves nothing behind when a run that was given back is cancelled', async () => {
    await start(60);
    await panel.control.settings({ most_per_page: 20 });
    for (const id of await someIds(60)) await panel.control.change(`/members/${id}`, { attributes: { note: 'New' } });
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page: 3 });
    const { runId } = await requestSync(panel.context, { trigger: 'cli', withoutJob: true });
    const stop = new AbortController();
    const running = runSync(panel.context, runId, stop.signal);
    await answerHeld(panel);
    await until(async () => (await membersPart(runId))?.pages === 2);
    stop.abort();
    expect(await running).toBe('queued');
    await panel.control.release();
    expect(await knex('sync_staged_records').where({ run_id: runId })).toHaveLength(40);

    expect((await decide(runId, 'cancel')).status).toBe(303);
    expect(await knex('sync_staged_records')).toEqual([]);
    expect(await membersPart(runId)).toMatchObject({ state: 'cancelled', staged: 0, finished_at: expect.anything() });
    const open = await knex('sync_run_resources').where({ run_id: runId }).whereNull('finished_at').pluck('resource');
    expect(open).toEqual([]);
    expect(await knex('patreon_members').where({ note: 'New' })).toEqual([]);
    expect((await panel.sync()).state).toBe('succeeded');
    expect(await knex('patreon_members').where({ note: 'New' })).toHaveLength(60);
    expect(await knex('sync_sighted_pages')).toEqual([]);
  });

  it('is stored also when the connection that brought it was deleted', async () => {
    await start(130);
    const left = await someIds(30);
    await remove(left);
    const { run_id: runId, state } = await panel.sync();
    expect(state).toBe('held');
    await knex('patreon_credentials').delete();
    expect((await decide(runId, 'apply')).status).toBe(303);
    expect(await execute(runId)).toBe('succeeded');
    expect(await goneIds()).toEqual(left);
    expect(await knex('sync_locks')).toEqual([]);
  });

  it('meets a later run that reads the same list: one of them waits, and neither fails', async () => {
    await start(130);
    const left = await someIds(30);
    await remove(left);
    const held = await panel.sync();
    expect(held.state).toBe('held');
    await remove(left, false);
    const keeper = await panel.context.knex.transaction();
    await keeper('sync_run_resources').where({ run_id: held.run_id, resource: 'members' }).forUpdate();
    const later = panel.sync();
    await waitingForLocks(panel.context, 1);
    const discard = decide(held.run_id, 'discard');
    await waitingForLocks(panel.context, 2);
    await keeper.rollback();
    expect((await discard).status).toBe(409);
    expect(await later).toMatchObject({ state: 'succeeded', errors: [] });
    expect(await runRow(held.run_id)).toMatchObject({ state: 'cancelled', decision: 'superseded' });
  });
});
