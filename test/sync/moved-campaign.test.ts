import { SYSTEM } from '../../src/apps/accounts/audit.service';
import { disconnect } from '../../src/apps/connections/connection.service';
import { createCredential } from '../../src/apps/connections/credentials.service';
import { applyHeldRun } from '../../src/apps/sync/held-runs.service';
import { LeaseLostError } from '../../src/apps/sync/run-lease';
import { runSync } from '../../src/apps/sync/run-sync';
import { syncReport } from '../../src/apps/sync/sync-report';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import { watchFailPoints } from '../../src/lib/fail-points';
import { CLIENT } from '../connections/connection-fixtures';
import { type ConnectedPanel, MEMBERS, partOf, startConnectedPanel } from './connected-panel';
import { answerHeld, until } from './moments';

const neverStops = new AbortController().signal;
const COUNT = 40;
const ELSEWHERE = expect.stringContaining('read through another connection');

describe('a campaign that moved to another connection', () => {
  let panel: ConnectedPanel;
  let campaignId: number;

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: COUNT, posts: 3 }] });
    await panel.control.settings({ most_per_page: 10 });
    await panel.sync();
    await panel.control.reset();
    campaignId = (await knex('patreon_campaigns').first('id')).id;
  }, 40_000);
  afterEach(async () => {
    watchFailPoints(() => undefined);
    await panel.close();
  });

  const knex = (table: string) => panel.context.knex(table);
  const execute = (runId: number) => runSync(panel.context, runId, neverStops);
  const request = (scope: object) => requestSync(panel.context, { trigger: 'panel', withoutJob: true, ...scope });
  const ownerId = async () =>
    (await knex('patreon_campaigns').where({ id: campaignId }).first('credential_id')).credential_id;
  const notes = async () => new Set(await knex('patreon_members').pluck('note'));
  const annotate = async (note: string) => {
    for (const { id } of await panel.control.truth<{ id: string }>('members'))
      await panel.control.change(`/members/${id}`, { attributes: { note } });
  };
  const membersPart = (runId: number) =>
    knex('sync_run_resources').where({ run_id: runId, resource: 'members' }).first();

  /** As the owner would: the old connection lets go, and a new one is made with a pair of the same creator. */
  async function move({ isLeftConnected = false } = {}): Promise<number> {
    const { credentialId, context } = panel;
    if (isLeftConnected) await knex('patreon_credential_campaigns').where({ credential_id: credentialId }).delete();
    else await disconnect(context, credentialId, SYSTEM);
    const pair = await panel.control.mint();
    const form = {
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      campaign_name: 'The new connection',
      redirect_uri: `${context.config.http.publicUrl}/patreon/oauth/callback/`,
      creator_access_token: pair.access_token,
      creator_refresh_token: pair.refresh_token,
    };
    return (await createCredential(context, form, SYSTEM)).id;
  }

  it('between two runs is read by the next run of the new one', async () => {
    const newId = await move();
    await annotate('New');
    const report = await panel.sync({ credentialId: newId });
    expect(report).toMatchObject({ state: 'succeeded', errors: [] });
    expect(partOf(report, 'members')).toMatchObject({ fetched: COUNT, updated: COUNT, gone: 0 });
    expect(await ownerId()).toBe(newId);
  });

  it('is read through the new one at once when only this campaign is asked for', async () => {
    const newId = await move();
    expect(await ownerId()).toBe(panel.credentialId);
    const { runId } = await request({ campaignId });
    expect(await knex('sync_locks')).toEqual([{ credential_id: newId, run_id: runId }]);
    expect(await execute(runId)).toBe('succeeded');
    expect(await ownerId()).toBe(newId);
  });

  it('while a run of the old one was queued is left alone by that run, which says so and keeps nobody waiting', async () => {
    const old = await request({ campaignId });
    const newId = await move({ isLeftConnected: true });
    const { runId, isNew } = await request({ credentialId: newId });
    expect(isNew).toBe(true);
    expect(await execute(runId)).toBe('succeeded');
    const before = await knex('patreon_members').select('id', 'read_seq').orderBy('id');
    await annotate('Newer');
    await panel.control.reset();

    expect(await execute(old.runId)).toBe('failed');
    expect((await syncReport(panel.context, old.runId)).errors).toEqual([
      { campaign: '9100001', resource: 'campaigns', message: ELSEWHERE },
    ]);
    expect((await panel.control.paths()).filter((path) => path.includes('/members'))).toEqual([]);
    expect(await knex('patreon_members').select('id', 'read_seq').orderBy('id')).toEqual(before);
    expect(await ownerId()).toBe(newId);
    expect(await knex('sync_locks')).toEqual([]);
  });

  /** A run of the old connection that has this page of members still to come. */
  async function oldRunAt(page: number) {
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page });
    const { runId } = await request({ credentialId: panel.credentialId });
    const running = execute(runId);
    await answerHeld(panel);
    await until(async () => (await membersPart(runId))?.pages === page - 1);
    return { runId, running };
  }

  it.each([
    ['disconnected', false],
    ['connected', true],
  ])('while the old one, still %s, reads it is written by the new one alone', async (_state, isLeftConnected) => {
    await annotate('Old');
    const old = await oldRunAt(3);
    const newId = await move({ isLeftConnected });
    await annotate('New');
    const { runId } = await request({ credentialId: newId });
    expect(await execute(runId)).toBe('succeeded');
    expect(await notes()).toEqual(new Set(['New']));
    await panel.control.release();

    expect(await old.running).toBe('partial');
    const { errors } = await syncReport(panel.context, old.runId);
    expect(errors).toContainEqual({ campaign: '9100001', resource: 'members', message: ELSEWHERE });
    expect(await notes()).toEqual(new Set(['New']));
    expect(await membersPart(old.runId)).toMatchObject({ state: 'failed', updated: 0, staged: expect.any(Number) });
    expect(await knex('sync_staged_records')).toEqual([]);
    expect(await knex('sync_locks')).toEqual([]);
    expect(await knex('sync_sighted_pages')).toEqual([]);
    expect(await panel.sync({ credentialId: newId })).toMatchObject({ state: 'succeeded', errors: [] });
  });

  it('keeps what the run of the new one has met, when that of the old one ends in the middle of it', async () => {
    const old = await oldRunAt(2);
    const newId = await move();
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page: 4 });
    const { runId } = await request({ credentialId: newId });
    const running = execute(runId);
    await until(async () => (await panel.control.heldAnswers()).length > 1);
    await until(async () => (await membersPart(runId))?.pages === 3);
    const [first] = await panel.control.heldAnswers();
    await panel.control.release(first?.id);
    expect(await old.running).toBe('partial');
    expect(await knex('sync_sighted_pages').where({ run_id: runId }).where('page', '>', 0)).toHaveLength(3);
    await panel.control.release();
    expect(await running).toBe('succeeded');
    expect(await membersPart(runId)).toMatchObject({ complete: true, fetched: COUNT, gone: 0, error: null });
    expect(await knex('patreon_members').whereNotNull('gone_at')).toEqual([]);
  });

  it('is not written by whoever takes over a run of the old one whose process died', async () => {
    await annotate('Old');
    const { runId } = await request({ credentialId: panel.credentialId });
    watchFailPoints((name) => {
      if (name === 'pass.judged') throw new LeaseLostError(runId);
    });
    expect(await execute(runId)).toBe('not_ours');
    watchFailPoints(() => undefined);
    expect(await membersPart(runId)).toMatchObject({ state: 'running', staged: COUNT });
    const newId = await move({ isLeftConnected: true });
    await annotate('New');
    expect(await panel.sync({ credentialId: newId })).toMatchObject({ state: 'succeeded', errors: [] });

    await knex('sync_runs').where({ id: runId }).update({ lease_until: '2020-01-01' });
    expect(await execute(runId)).toBe('partial');
    const { errors } = await syncReport(panel.context, runId);
    expect(errors).toEqual([{ campaign: '9100001', resource: 'campaigns', message: ELSEWHERE }]);
    expect(await membersPart(runId)).toMatchObject({ state: 'failed', updated: 0 });
    expect(await notes()).toEqual(new Set(['New']));
    expect(await knex('sync_staged_records')).toEqual([]);
    expect(await knex('sync_locks')).toEqual([]);
  });

  async function heldRun(): Promise<number> {
    const ids = await knex('patreon_members').limit(30).pluck('patreon_id');
    for (const id of ids) await panel.control.change(`/members/${id}`, { removed: true });
    const { state, run_id } = await panel.sync({ credentialId: panel.credentialId });
    expect(state).toBe('held');
    return run_id;
  }
  const gone = () => knex('patreon_members').whereNotNull('gone_at').pluck('id');

  it('is not stored by the owner’s word while a run of the new one is under way', async () => {
    const held = await heldRun();
    const newId = await move();
    const { runId } = await request({ credentialId: newId });
    await expect(applyHeldRun(panel.context, held, SYSTEM)).rejects.toMatchObject({ code: 'run_under_way' });
    await execute(runId);
    expect(await ownerId()).toBe(newId);
    expect(await gone()).toEqual([]);
  });

  it('is not stored by a decision from before it moved; the owner can say so again', async () => {
    const held = await heldRun();
    await applyHeldRun(panel.context, held, SYSTEM);
    const newId = await move();
    expect(await execute(held)).toBe('held');
    expect((await syncReport(panel.context, held)).errors).toContainEqual({
      campaign: null,
      resource: null,
      message: ELSEWHERE,
    });
    expect(await gone()).toEqual([]);
    expect(await knex('sync_locks')).toEqual([]);
    await applyHeldRun(panel.context, held, SYSTEM);
    expect(await knex('sync_locks').pluck('credential_id')).toEqual([newId]);
    expect(await execute(held)).toBe('succeeded');
    expect(await gone()).toHaveLength(30);
  });
});
