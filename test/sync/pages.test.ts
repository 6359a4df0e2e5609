import { claimRun } from '../../src/apps/sync/run-lease';
import { runSync } from '../../src/apps/sync/run-sync';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import type { Role } from '../../src/policy';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { type ConnectedPanel, startConnectedPanel } from './connected-panel';

const neverStops = new AbortController().signal;
const FRAGMENT = { 'HX-Request': 'true' };

describe('the pages about syncs', () => {
  let panel: ConnectedPanel;
  let people: Record<Role, SignedInVisitor>;

  beforeAll(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: 30, posts: 5, name: 'Quill & Co' }] });
    const roles = ['owner', 'manager', 'editor', 'viewer'] as const;
    const signedIn = await Promise.all(roles.map((role) => panel.app.signInAs(role)));
    people = Object.fromEntries(roles.map((role, n) => [role, signedIn[n]])) as typeof people;
    await panel.sync();
  }, 40_000);
  afterAll(() => panel.close());
  afterEach(async () => {
    await panel.control.reset();
    await panel.context.knex('sync_locks').delete();
    await panel.context.knex('sync_runs').whereIn('state', ['queued', 'running']).delete();
  });

  const knex = () => panel.context.knex;
  const read = async (path: string, role: Role = 'viewer', headers = {}) =>
    readPage((await people[role].get(path, headers).expect(200)).text);
  const campaignId = async (): Promise<number> => (await knex()('patreon_campaigns').first('id')).id;
  const jobs = async (): Promise<number> => {
    const { rows } = await knex().raw(
      `select count(*)::int as n from graphile_worker.jobs where task_identifier = 'sync-run'`,
    );
    return rows[0].n;
  };
  const newRun = () =>
    requestSync(panel.context, { trigger: 'panel', staffId: people.manager.staff.id, withoutJob: true });

  describe('GET and POST /patreon/campaigns/{id}/sync/', () => {
    it('asks first, and begins nothing by itself', async () => {
      const runs = await knex()('sync_runs').count('* as n').first();
      const page = await read(`/patreon/campaigns/${await campaignId()}/sync/`, 'manager');
      expect(page.text).toContain('Sync Quill & Co');
      expect(page.html).toContain(`method="post" action="/patreon/campaigns/${await campaignId()}/sync/"`);
      expect(await knex()('sync_runs').count('* as n').first()).toEqual(runs);
    });

    it('queues one run with its job and leads to its page', async () => {
      const before = await jobs();
      const id = await campaignId();
      const answer = await people.manager.postForm(`/patreon/campaigns/${id}/sync/`);
      expect(answer.status).toBe(303);
      const run = await knex()('sync_runs').orderBy('id', 'desc').first();
      expect(answer.headers.location).toBe(`/patreon/sync/${run.id}/`);
      expect(run).toMatchObject({
        state: 'queued',
        trigger: 'panel',
        campaign_id: id,
        requested_by: people.manager.staff.id,
        resources: ['campaigns', 'tiers', 'members', 'posts'],
      });
      expect(await jobs()).toBe(before + 1);
      expect((await read(answer.headers.location ?? '', 'manager')).text).toContain('The sync has been queued.');
    });

    it('leads to the run that is under way instead of beginning a second one', async () => {
      const { runId } = await newRun();
      for (const path of [`/patreon/campaigns/${await campaignId()}/sync/`, '/patreon/sync/']) {
        const answer = await people.owner.postForm(path);
        expect([answer.status, answer.headers.location]).toEqual([303, `/patreon/sync/${runId}/`]);
        expect((await read(`/patreon/sync/${runId}/`, 'owner')).text).toContain('already under way');
      }
      const page = await read(`/patreon/campaigns/${await campaignId()}/sync/`, 'owner');
      expect(page.html).toContain(`href="/patreon/sync/${runId}/"`);
      expect(page.html).not.toContain(`action="/patreon/campaigns/${await campaignId()}/sync/"`);
    });

    it('is closed to editors and viewers', async () => {
      const path = `/patreon/campaigns/${await campaignId()}/sync/`;
      for (const role of ['editor', 'viewer'] as const) {
        expect((await people[role].get(path)).status).toBe(403);
        expect((await people[role].postForm(path)).status).toBe(403);
        expect((await people[role].postForm('/patreon/sync/')).status).toBe(403);
      }
    });

    it.each(['999999', 'abc', '0', '-1', '99999999999999999999'])('answers 404 for campaign %s', async (id) => {
      expect((await people.owner.get(`/patreon/campaigns/${id}/sync/`)).status).toBe(404);
      expect((await people.owner.postForm(`/patreon/campaigns/${id}/sync/`)).status).toBe(404);
    });
  });

  describe('GET /patreon/sync/', () => {
    it('lists runs, newest first, with what they did', async () => {
      const page = await read('/patreon/sync/');
      const ids = page.rows('sync-runs').map(({ id }) => Number(id));
      expect(ids).toEqual([...ids].sort((a, b) => b - a));
      const first = page.rows('sync-runs').at(-1);
      expect(first?.attributes['data-state']).toBe('succeeded');
      expect(first?.html).toMatch(/data-resource="members">30 <[^>]*>30 new</);
      expect(first?.html).toMatch(/data-resource="posts">5 <[^>]*>5 new</);
      expect(page.text).toContain('Requests');
    });

    it('cuts a long list into pages that lead on', async () => {
      const runs = Array.from({ length: 65 }, () => ({
        trigger: 'schedule',
        resources: ['posts'],
        state: 'succeeded',
      }));
      const ids: number[] = await knex()('sync_runs')
        .insert(runs)
        .returning('id')
        .then((rows) => rows.map(({ id }) => id));
      const seen: number[] = [];
      for (let path: string | undefined = '/patreon/sync/'; path; ) {
        const page: Awaited<ReturnType<typeof read>> = await read(path);
        seen.push(...page.rows('sync-runs').map(({ id }) => Number(id)));
        path = page.link('next');
      }
      const all: number[] = await knex()('sync_runs').orderBy('id', 'desc').pluck('id');
      expect(seen).toEqual(all);
      await knex()('sync_runs').whereIn('id', ids).delete();
    });

    it.each(['before=abc', 'before=', 'before=-1', 'before=1e9', 'before[]=1', 'before=99999999999999999999'])(
      'takes ?%s calmly',
      async (query) => {
        expect((await people.viewer.get(`/patreon/sync/?${query}`)).status).toBe(200);
      },
    );

    it('offers the button to those who may press it', async () => {
      expect((await read('/patreon/sync/', 'manager')).html).toContain('action="/patreon/sync/"');
      expect((await read('/patreon/sync/', 'editor')).html).not.toContain('action="/patreon/sync/"');
    });
  });

  describe('GET /patreon/sync/{run}/', () => {
    it('shows the counts of each part', async () => {
      const { id } = await knex()('sync_runs').where({ state: 'succeeded' }).orderBy('id').first('id');
      const page = await read(`/patreon/sync/${id}/`);
      const parts = [...page.html.matchAll(/data-resource="(\w+)" data-state="(\w+)"/g)].map(([, name, state]) => [
        name,
        state,
      ]);
      expect(parts).toEqual([
        ['campaigns', 'succeeded'],
        ['tiers', 'succeeded'],
        ['members', 'succeeded'],
        ['posts', 'succeeded'],
      ]);
      expect(page.html).not.toContain('hx-trigger');
    });

    it('follows an open run: the fragment asks for itself again, and is what the page contains', async () => {
      const { runId } = await newRun();
      const lease = await claimRun(panel.context, runId);
      const path = `/patreon/sync/${runId}/`;
      const whole = (await people.viewer.get(path)).text;
      const fragment = (await people.viewer.get(path, FRAGMENT)).text;
      lease?.stop();
      expect(fragment).not.toContain('<html');
      expect(fragment).toContain(`hx-get="${path}"`);
      expect(fragment).toContain('data-state="running"');
      expect(withoutDurations(whole)).toContain(withoutDurations(fragment.trim()));
    });

    it('tells how fast a part is read and how long it may still take', async () => {
      const { runId } = await newRun();
      const lease = await claimRun(panel.context, runId);
      const part = { run_id: runId, campaign_id: await campaignId(), resource: 'members' };
      const began = new Date(Date.now() - 10_000).toISOString();
      await knex()('sync_run_resources').insert({ ...part, fetched: 500, reported_total: 1_500, started_at: began });
      const page = await read(`/patreon/sync/${runId}/`);
      lease?.stop();
      expect(page.text).toContain('500 of 1,500 read');
      const rate = Number(/data-rate="(\d+)"/.exec(page.html)?.[1]);
      expect(rate).toBeGreaterThan(0);
      expect(rate).toBeLessThanOrEqual(50);
      expect(page.text).toMatch(/a second · about \d+ s left/);
    });

    it('says until when it waits and for what, and how often it was continued', async () => {
      const { runId } = await newRun();
      (await claimRun(panel.context, runId))?.stop();
      const until = new Date(Date.now() + 25 * 60_000).toISOString();
      await knex()('sync_runs').where({ id: runId }).update({ waiting_until: until, epoch: 3 });
      const page = await read(`/patreon/sync/${runId}/`);
      expect(page.text).toMatch(/Requests to Patreon are on hold. The run goes on by itself in 2[45] minutes/);
      expect(page.text).toContain('Other processes continued it 2 times.');
      const used = () => knex()('rate_limits').where('key', 'like', 'patreon_hour:%');
      await used().update({ points: 1_000_000_000 });
      expect((await read(`/patreon/sync/${runId}/`)).text).toContain('Our request budget is spent.');
      await used().delete();
    });

    it('compares its time with what is usual for runs of the same extent, and with no others', async () => {
      const insert = async (seconds: number, values: object = {}): Promise<number> => {
        const finished_at = new Date();
        const started_at = new Date(finished_at.getTime() - seconds * 1000);
        const run = { trigger: 'schedule', resources: ['tiers'], state: 'succeeded', started_at, finished_at };
        const [row] = await knex()('sync_runs')
          .insert({ ...run, ...values })
          .returning('id');
        return row.id;
      };
      const ids = [await insert(39), await insert(500, { state: 'partial' }), await insert(40)];
      const early = await insert(41);
      ids.push(early, await insert(300, { resources: ['posts'] }));
      const [same, slow, fast, failed] = [
        await insert(42),
        await insert(90),
        await insert(10),
        await insert(5, { state: 'failed' }),
      ];
      ids.push(same, slow, fast, failed);
      const words = async (id: number) =>
        /data-usual="\w+">([^<]+)</.exec((await read(`/patreon/sync/${id}/`)).html)?.[1];
      expect(await words(early)).toBeUndefined();
      expect(await words(same)).toBe('usually about 40 s');
      expect(await words(slow)).toBe('slower than usual (41 s)');
      expect(await words(fast)).toBe('faster than usual (41 s)');
      expect(await words(failed)).toBe('usually about 41 s');
      const list = (await read('/patreon/sync/')).rows('sync-runs').find(({ id }) => id === String(slow));
      expect(list?.text).toContain('slower than usual');
      await knex()('sync_runs').whereIn('id', ids).delete();
    });

    it('stops asking once the run has ended', async () => {
      const { runId } = await newRun();
      await runSync(panel.context, runId, neverStops);
      const fragment = (await people.viewer.get(`/patreon/sync/${runId}/`, FRAGMENT)).text;
      expect(fragment).toContain('data-state="succeeded"');
      expect(fragment).not.toContain('hx-get');
    });

    it('says in words what went wrong', async () => {
      await panel.control.fault({ match: 'GET /api/oauth2/v2/campaigns/{id}/posts', kind: 'html', times: null });
      const { run_id } = await panel.sync();
      const page = await read(`/patreon/sync/${run_id}/`);
      expect(page.text).toContain('Patreon turned our requests away for now.');
      expect(page.html).toContain('data-resource="posts" data-state="failed"');
    });

    it('shows a quarantined record as it came only to those who may see e-mails, its reason to everybody', async () => {
      const [member] = await panel.control.truth<{ id: string; attributes: { full_name: string } }>('members');
      await panel.control.change(`/members/${member?.id}`, {
        attributes: { pledge_cadence: 'monthly', email: 'quarantined@example.com', note: '<script>alert(1)</script>' },
      });
      const { run_id } = await panel.sync();
      const owner = await read(`/patreon/sync/${run_id}/`, 'owner');
      expect(owner.text).toContain('quarantined@example.com');
      expect(owner.text).toContain('attributes.pledge_cadence: expected an integer');
      expect(owner.html).not.toContain('<script>alert');
      for (const role of ['editor', 'viewer'] as const) {
        const page = await read(`/patreon/sync/${run_id}/`, role);
        expect(page.html).not.toContain('quarantined@example.com');
        expect(page.text).toContain('attributes.pledge_cadence: expected an integer');
        expect(page.text).toContain('They are tried again with the next run.');
      }
      await panel.control.change(`/members/${member?.id}`, { attributes: { pledge_cadence: 1 } });
    });

    it.each(['999999', 'abc', '0', '1.5', '99999999999999999999'])('answers 404 for run %s', async (id) => {
      expect((await people.owner.get(`/patreon/sync/${id}/`)).status).toBe(404);
      expect((await people.owner.postForm(`/patreon/sync/${id}/cancel/`)).status).toBe(404);
    });
  });

  describe('POST /patreon/sync/{run}/cancel/', () => {
    it('ends a queued run at once', async () => {
      const { runId } = await newRun();
      const answer = await people.manager.postForm(`/patreon/sync/${runId}/cancel/`);
      expect([answer.status, answer.headers.location]).toEqual([303, `/patreon/sync/${runId}/`]);
      expect(await knex()('sync_runs').where({ id: runId }).first('state')).toEqual({ state: 'cancelled' });
    });

    it('leaves a run that has ended as it is', async () => {
      const { run_id } = await panel.sync();
      expect((await people.manager.postForm(`/patreon/sync/${run_id}/cancel/`)).status).toBe(303);
      expect(await knex()('sync_runs').where({ id: run_id }).first('state')).toEqual({ state: 'succeeded' });
    });

    it('is closed to editors and viewers, and to GET', async () => {
      const { runId } = await newRun();
      expect((await people.editor.postForm(`/patreon/sync/${runId}/cancel/`)).status).toBe(403);
      expect((await people.viewer.postForm(`/patreon/sync/${runId}/cancel/`)).status).toBe(403);
      expect((await people.owner.get(`/patreon/sync/${runId}/cancel/`)).headers.location).toBe(
        `/patreon/sync/${runId}/`,
      );
      expect(await knex()('sync_runs').where({ id: runId }).first('state')).toEqual({ state: 'queued' });
    });
  });
});

describe('a panel that is not connected', () => {
  let app: TestApp;
  let owner: SignedInVisitor;
  beforeAll(async () => {
    app = await startTestApp();
    owner = await app.signInAs('owner');
  });
  afterAll(() => app.close());

  it('says what to do first, and offers no button', async () => {
    const page = readPage((await owner.get('/patreon/sync/').expect(200)).text);
    expect(page.text).toContain('Connect Patreon first');
    expect(page.html).not.toContain('action="/patreon/sync/"');
  });

  it('answers a sync that is asked for anyway with the same', async () => {
    const answer = await owner.postForm('/patreon/sync/');
    expect([answer.status, answer.headers.location]).toEqual([303, '/patreon/sync/']);
    const id = await insertCampaign(app.context.knex, { name: 'Left behind' });
    expect((await owner.postForm(`/patreon/campaigns/${id}/sync/`)).status).toBe(303);
    expect(await app.context.knex('sync_runs')).toEqual([]);
  });
});

/** Time goes on between two answers. */
const withoutDurations = (html: string) => html.replaceAll(/\s+/g, ' ').replaceAll(/\d+([.,]\d+)? ?(ms|s|sec)\b/g, '');
