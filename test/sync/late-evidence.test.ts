import { runSync } from '../../src/apps/sync/run-sync';
import * as sightings from '../../src/apps/sync/sightings';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import { watchFailPoints } from '../../src/lib/fail-points';
import { readPage } from '../support/page';
import { type BareResource, startBarePatreon } from './bare-patreon';
import { type ConnectedPanel, MEMBERS, partOf, startConnectedPanel } from './connected-panel';
import { answeredRead, answerHeld, keepReadsLocked, until, waitingForLocks } from './moments';

const neverStops = new AbortController().signal;

describe('evidence that is stored late', () => {
  let panel: ConnectedPanel;

  const start = async (count: number) => {
    panel = await startConnectedPanel({ campaigns: [{ members: count, posts: 1 }] });
    await panel.sync();
  };
  afterEach(async () => {
    jest.restoreAllMocks();
    await panel.close();
  });

  const members = () => panel.context.knex('patreon_members');
  const rowOf = (patreonId: string) => members().where({ patreon_id: patreonId }).first();
  const goneIds = () => members().whereNotNull('gone_at').orderBy('patreon_id').pluck('patreon_id');
  const remove = async (ids: string[], removed = true) => {
    for (const id of ids) await panel.control.change(`/members/${id}`, { removed });
  };

  it('counts when somebody is met again after two lists have missed them and before they are marked', async () => {
    await start(560);
    const left = await members().orderBy('patreon_id').limit(52);
    const [back] = left;
    await remove(left.map((row) => row.patreon_id));
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', skip: 3 });
    const run = panel.sync({ resources: ['members'] });
    await answerHeld(panel);
    await remove([back.patreon_id], false);
    const late = await answeredRead(panel, back);
    const mark = sightings.markGone;
    let stored: Promise<unknown> | undefined;
    jest.spyOn(sightings, 'markGone').mockImplementation(async (...given) => {
      const marked = await mark(...given);
      stored = late.store();
      // Marked and not committed: whoever stores something of the list now has to wait for that.
      await waitingForLocks(panel.context, 1);
      return marked;
    });
    await panel.control.release();
    expect(partOf(await run, 'members').gone).toBe(52);
    expect(await stored).toBe('updated');
    expect((await rowOf(back.patreon_id)).gone_at).toBeNull();
    expect(await goneIds()).toHaveLength(51);
  });

  it('is looked at again when it is stored between the comparing of a page and its storing', async () => {
    await start(6);
    const member = await members().orderBy('patreon_id').first();
    const rename = (full_name: string) =>
      panel.control.change(`/members/${member.patreon_id}`, { attributes: { full_name } });
    await rename('For a moment');
    const late = await answeredRead(panel, member);
    await rename(member.full_name);
    const unlock = await keepReadsLocked(panel.context, member.campaign_id);
    const stored = late.store();
    await waitingForLocks(panel.context, 1);
    const run = panel.sync({ resources: ['members'] });
    await waitingForLocks(panel.context, 2);
    await unlock();
    expect(await stored).toBe('updated');
    expect((await run).state).toBe('succeeded');
    expect((await rowOf(member.patreon_id)).full_name).toBe(member.full_name);
  });

  it('is heeded by the owner’s decision however long that takes', async () => {
    await start(130);
    const left = await members().orderBy('patreon_id').limit(30);
    const [back, ...others] = left;
    await remove(left.map((row) => row.patreon_id));
    const { run_id: runId, state } = await panel.sync();
    expect(state).toBe('held');
    await remove([back.patreon_id], false);
    expect(await (await answeredRead(panel, back)).store()).toBe('unchanged');
    await panel.context.knex('patreon_read_stamps').update({ read_at: '2020-01-01' });
    await panel.sync({ resources: ['posts'] });
    const owner = await panel.app.signInAs('owner');
    await owner.postForm(`/patreon/sync/${runId}/apply/`);
    expect(await runSync(panel.context, runId, neverStops)).toBe('succeeded');
    expect(await goneIds()).toEqual(others.map((row) => row.patreon_id));
  });

  it('of a later run counts from its first page on, even if that run fails: the held one can be applied no more', async () => {
    await start(80);
    await panel.control.settings({ most_per_page: 40 });
    const paying = await members().where({ kind: 'paying' });
    expect(paying.length).toBeGreaterThan(20);
    const say = async (statusOf: (row: { patron_status: string }) => string) => {
      for (const row of paying) {
        await panel.control.change(`/members/${row.patreon_id}`, { attributes: { patron_status: statusOf(row) } });
      }
    };
    await say(() => 'former_patron');
    const held = await panel.sync();
    expect(held.state).toBe('held');
    await say((row) => row.patron_status);
    await panel.control.fault({ match: MEMBERS, kind: 'truncated', page: 2, times: null });
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect((await panel.sync()).state).toBe('partial');

    const owner = await panel.app.signInAs('owner');
    const answer = await owner.postForm(`/patreon/sync/${held.run_id}/apply/`, {}, { accept: 'application/json' });
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('run_not_held')]);
    const page = readPage((await owner.get(`/patreon/sync/${held.run_id}/`)).text);
    expect(page.text).toContain('A later run has read the same');
    expect(await panel.context.knex('sync_staged_records')).toEqual([]);
    expect(await runSync(panel.context, held.run_id, neverStops)).toBe('not_ours');
    expect(await members().where({ kind: 'paying' })).toHaveLength(paying.length);
  });
});

describe('a list whose second page takes back what its first one says', () => {
  afterEach(() => watchFailPoints(() => undefined));

  it('is stored as its second page says, also when a first sync begins again', async () => {
    const named = (name: string): BareResource => ({ id: 'm', type: 'member', attributes: { full_name: name } });
    const pages = [named('As it was'), named('As it was')];
    const panel = await startBarePatreon((path, query) => {
      if (path === '/campaigns') return { data: [{ id: '1', type: 'campaign' }], pagination: { total: 1 } };
      if (!path.endsWith('/members')) return { data: [], pagination: { total: 0 } };
      const page = Number(query.get('page[cursor]') ?? 0);
      const next = page + 1 < pages.length ? String(page + 1) : null;
      return { data: [pages[page]], pagination: { cursors: { next }, total: 1 } };
    });
    try {
      const { context } = panel.app;
      const member = () => context.knex('patreon_members').first();
      const { runId } = await requestSync(context, { trigger: 'cli', withoutJob: true });
      const stop = new AbortController();
      watchFailPoints((name) => {
        if (name === 'page.committed') stop.abort();
      });
      expect(await runSync(context, runId, stop.signal)).toBe('queued');
      const stored = await member();
      expect(stored.full_name).toBe('As it was');

      // A crash of the database empties these: the same run begins again at the first page.
      await context.knex('sync_sighted_pages').delete();
      pages[0] = named('For a moment');
      let fetched = 0;
      watchFailPoints((name) => {
        if (name === 'page.fetched') fetched += 1;
      });
      const unlock = await keepReadsLocked(context, stored.campaign_id);
      const run = runSync(context, runId, neverStops);
      await until(() => fetched >= 2);
      await unlock();
      await run;
      expect((await member()).full_name).toBe('As it was');
    } finally {
      await panel.close();
    }
  });
});
