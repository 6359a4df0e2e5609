import { claimRun } from '../../src/apps/sync/run-lease';
import { runSync } from '../../src/apps/sync/run-sync';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import type { Role } from '../../src/policy';
import type { SignedInVisitor } from '../support/app';
import { readPage } from '../support/page';
import { type ConnectedPanel, startConnectedPanel } from './connected-panel';

const COUNT = 130;
const LEAVING = 25;
const neverStops = new AbortController().signal;
const FRAGMENT = { 'HX-Request': 'true' };

const ROLE_NAMES = ['owner', 'manager', 'editor', 'viewer'] as const;

describe('a run that was held', () => {
  let panel: ConnectedPanel;
  let people: Record<Role, SignedInVisitor>;
  let left: string[];
  let runId: number;

  const start = async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: COUNT, posts: 5, name: 'Quill & Co' }] });
    const signedIn = await Promise.all(ROLE_NAMES.map((role) => panel.app.signInAs(role)));
    people = Object.fromEntries(ROLE_NAMES.map((role, n) => [role, signedIn[n]])) as typeof people;
    await panel.sync();
    left = await members().orderBy('patreon_id').limit(LEAVING).pluck('patreon_id');
    for (const id of left) await panel.control.change(`/members/${id}`, { removed: true });
    const [other] = await members().orderBy('patreon_id', 'desc').limit(1).pluck('patreon_id');
    await panel.control.change(`/members/${other}`, { attributes: { note: 'Moved to the coast.' } });
    runId = (await panel.sync()).run_id;
  };

  const members = () => panel.context.knex('patreon_members');
  const goneIds = () => members().whereNotNull('gone_at').orderBy('patreon_id').pluck('patreon_id');
  const notes = () => members().where({ note: 'Moved to the coast.' });
  const run = () => panel.context.knex('sync_runs').where({ id: runId }).first();
  const path = (below = '') => `/patreon/sync/${runId}/${below}`;
  const read = async (role: Role, address = path()) => readPage((await people[role].get(address).expect(200)).text);
  const execute = () => runSync(panel.context, runId, neverStops);
  const audits = (action: string) => panel.context.knex('audit_entries').where({ action });
  const problems = async () => {
    const { body } = await people.viewer.get('/patreon/api/status/', { accept: 'application/json' });
    return (body.problems as { code: string; fix_url: string }[]).filter(({ code }) => code.startsWith('sync_'));
  };

  describe('its page', () => {
    beforeAll(start, 40_000);
    afterAll(() => panel.close());

    it('says what happened, how many it concerns and that nothing was stored', async () => {
      const page = await read('viewer');
      expect(page.text).toContain('This run waits for a decision');
      expect(page.text).toContain(`${LEAVING} of ${COUNT} members of Quill & Co would be marked as gone`);
      expect(page.text).toContain('One other changed record of the same part waits with them.');
      expect(page.html).toContain('data-resource="members" data-state="held"');
      expect([await goneIds(), await notes()]).toEqual([[], []]);
    });

    it('lists who is concerned, twenty at a time, each with a link to the member', async () => {
      const first = await read('viewer');
      const second = await read('viewer', first.link('next')?.replace(/#.*/, ''));
      const rows = [...first.rows('departures'), ...second.rows('departures')];
      expect(first.rows('departures')).toHaveLength(20);
      expect(rows.map(({ patreonId }) => patreonId)).toEqual(left);
      expect(rows[0]?.html).toContain(`href="/patreon/members/${rows[0]?.id}/"`);
      expect(rows[0]?.text).toContain('No longer in Patreon’s list');
      expect(second.link('next')).toBeUndefined();
    });

    it('hands the list alone to htmx, as the page contains it', async () => {
      const next = (await read('viewer')).link('next')?.replace(/#.*/, '') as string;
      const fragment = (await people.viewer.get(next, FRAGMENT)).text;
      expect(fragment).not.toContain('sync-run');
      expect((await people.viewer.get(next)).text).toContain(fragment.trim());
    });

    it('tells what they are worth to those who may see money, and to nobody else', async () => {
      const row = await members().whereIn('patreon_id', left).sum('monthly_cents as cents').first();
      const dollars = `$${(Number(row?.cents) / 100).toFixed(2)}`;
      expect((await read('manager')).text).toContain(`worth ${dollars} a month`);
      expect((await read('editor')).text).not.toContain('$');
    });

    it('offers the decision to owners alone, and tells the others who decides', async () => {
      const owner = await read('owner');
      expect(owner.html).toContain(`method="post" action="${path('apply/')}"`);
      expect(owner.html).toContain(`method="post" action="${path('discard/')}"`);
      for (const role of ['manager', 'editor', 'viewer'] as const) {
        const page = await read(role);
        expect(page.html).not.toContain(path('apply/'));
        expect(page.text).toContain('Only an owner may decide');
      }
    });

    it('is led to by the words for what the reader may do there', async () => {
      const link = async (role: Role) =>
        (await read(role, '/patreon/')).html.match(/data-problem="sync_held"[\s\S]*?<a [^>]*>([^<]*)/)?.[1];
      expect([await link('owner'), await link('manager')]).toEqual(['Decide', 'See who and why']);
    });

    it('is where the addresses of its buttons lead to', async () => {
      for (const below of ['apply/', 'discard/', 'cancel/']) {
        expect((await people.viewer.get(path(below))).headers.location).toBe(path());
      }
    });

    it('says that there is nothing to stop', async () => {
      await people.manager.postForm(path('cancel/'));
      expect((await read('manager')).text).toContain('waits for a decision: there was nothing to stop');
    });

    it('is named among the problems, with a link', async () => {
      expect(await problems()).toMatchObject([{ code: 'sync_held', fix_url: path() }]);
    });

    it.each(['after=x', 'after=1.members.', 'after=99999999999.members.a', 'after[]=1', 'after=1.pledges.x'])(
      'takes ?%s calmly',
      async (query) => {
        expect((await read('viewer', `${path()}?${query}`)).rows('departures')).toHaveLength(20);
      },
    );

    it.each(['apply/', 'discard/'])('is decided by owners alone: %s', async (below) => {
      for (const role of ['manager', 'editor', 'viewer'] as const) {
        expect((await people[role].postForm(path(below))).status).toBe(403);
      }
      expect((await people.owner.agent.post(path(below)).type('form').send({})).status).toBe(403);
      expect(await run()).toMatchObject({ state: 'held', decision: null });
    });
  });

  describe('its decision', () => {
    beforeEach(start, 40_000);
    afterEach(() => panel.close());

    it('stores what it had read when the owner applies it, and says who did', async () => {
      const answer = await people.owner.postForm(path('apply/'));
      expect([answer.status, answer.headers.location]).toEqual([303, path()]);
      expect(await run()).toMatchObject({ state: 'queued', decision: 'applied' });
      const queued = await read('owner');
      expect(queued.text).toContain('being stored');
      expect(queued.html).not.toContain(path('cancel/'));
      await panel.control.reset();
      expect(await execute()).toBe('succeeded');
      expect(await panel.control.requests()).toEqual([]);
      expect(await goneIds()).toEqual(left);
      expect(await notes()).toHaveLength(1);
      const page = await read('viewer');
      expect(page.text).toContain(`${people.owner.staff.name} applied this run`);
      expect(page.html).not.toContain(path('apply/'));
      expect(await problems()).toEqual([]);
      expect(await audits('sync_run.applied')).toMatchObject([
        { staff_id: people.owner.staff.id, subject_id: String(runId) },
      ]);
    });

    it('is applied once, however often the button is pressed', async () => {
      const body = { _csrf: await people.owner.csrf() };
      const press = () => people.owner.agent.post(path('apply/')).type('form').send(body);
      const answers = await Promise.all([press(), press(), press()]);
      expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
      expect(await audits('sync_run.applied')).toHaveLength(1);
      await execute();
      expect((await people.owner.postForm(path('apply/'))).status).toBe(303);
      expect(await run()).toMatchObject({ state: 'succeeded' });
    });

    it('goes on where it was when the process dies that applies it', async () => {
      await people.owner.postForm(path('apply/'));
      const dead = await claimRun(panel.context, runId);
      dead?.stop();
      await panel.context.knex('sync_runs').where({ id: runId }).update({ lease_until: '2020-01-01' });
      expect(await execute()).toBe('succeeded');
      expect(await goneIds()).toEqual(left);
      expect((await read('viewer')).html).toContain('data-continued="1"');
    });

    it('is not stopped any more once the owner has applied it', async () => {
      await people.owner.postForm(path('apply/'));
      const lease = await claimRun(panel.context, runId);
      lease?.stop();
      await people.manager.postForm(path('cancel/'));
      expect(await run()).toMatchObject({ state: 'running', cancel_requested_at: null });
    });

    it('stores nothing when the owner discards it', async () => {
      expect((await people.owner.postForm(path('discard/'))).status).toBe(303);
      expect(await run()).toMatchObject({ state: 'cancelled', decision: 'discarded' });
      expect(await problems()).toEqual([]);
      expect([await goneIds(), await notes()]).toEqual([[], []]);
      expect(await panel.context.knex('sync_staged_records')).toEqual([]);
      expect((await read('viewer')).text).toContain(`${people.owner.staff.name} discarded this run`);
      expect((await people.owner.postForm(path('discard/'))).status).toBe(303);
      expect(await audits('sync_run.discarded')).toHaveLength(1);
    });

    it('cannot be applied any more when it was discarded, and says so', async () => {
      await people.owner.postForm(path('discard/'));
      const answer = await people.owner.postForm(path('apply/'));
      expect(answer.status).toBe(409);
      const refusal = readPage(answer.text).text;
      expect(refusal).toContain('Somebody has decided about this run already.');
      expect(refusal).toContain(`${people.owner.staff.name} discarded this run`);
      expect(await goneIds()).toEqual([]);
    });

    it('cannot be discarded any more when it was applied', async () => {
      await people.owner.postForm(path('apply/'));
      expect((await people.owner.postForm(path('discard/'))).status).toBe(409);
    });

    it('is superseded by a later run that reads the same, and leads there', async () => {
      const later = await panel.sync();
      expect(later.state).toBe('held');
      expect(await problems()).toMatchObject([{ fix_url: `/patreon/sync/${later.run_id}/` }]);
      const page = await read('owner');
      expect(page.text).toContain('A later run has read the same');
      expect(page.html).toContain(`href="/patreon/sync/${later.run_id}/"`);
      const answer = await people.owner.postForm(path('apply/'));
      expect(answer.status).toBe(409);
      expect(readPage(answer.text).text).toContain('If it is held as well, decide there.');
    });

    it('is closed by a later run that is believed', async () => {
      for (const id of left) await panel.control.change(`/members/${id}`, { removed: false });
      expect(await panel.sync()).toMatchObject({ state: 'succeeded' });
      expect(await run()).toMatchObject({ state: 'cancelled', decision: 'superseded' });
      expect(await problems()).toEqual([]);
    });

    it('waits while another run over the same connection is under way', async () => {
      await requestSync(panel.context, { trigger: 'cli', withoutJob: true });
      const answer = await people.owner.postForm(path('apply/'));
      expect(answer.status).toBe(409);
      expect(readPage(answer.text).text).toContain('Another run over the same connection is under way.');
      expect(await run()).toMatchObject({ state: 'held', decision: null });
    });

    it('is no run that succeeded, failed or does not exist', async () => {
      const { run_id } = await panel.sync({ resources: ['posts'] });
      for (const below of ['apply/', 'discard/']) {
        const answer = await people.owner.postForm(`/patreon/sync/${run_id}/${below}`);
        expect(answer.status).toBe(409);
        expect(readPage(answer.text).text).toContain('This run does not wait for a decision');
        expect((await people.owner.postForm(`/patreon/sync/999999/${below}`)).status).toBe(404);
        expect((await people.owner.postForm(`/patreon/sync/abc/${below}`)).status).toBe(404);
      }
      expect((await read('owner', `/patreon/sync/${run_id}/`)).text).not.toContain('waits for a decision');
    });

    it('speaks French', async () => {
      await panel.context.knex('staff').where({ id: people.owner.staff.id }).update({ locale: 'fr' });
      expect((await read('owner')).text).toContain(`${LEAVING} membres sur ${COUNT} de Quill & Co seraient marqués`);
      await people.owner.postForm(path('discard/'));
      const answer = await people.owner.postForm(path('apply/'));
      expect(readPage(answer.text).text).toContain('Quelqu’un a déjà décidé');
    });
  });
});

describe('a run that would leave too many no longer paying', () => {
  it('names what they are and what they would be', async () => {
    const panel = await startConnectedPanel({ campaigns: [{ members: COUNT, posts: 1 }] });
    try {
      await panel.sync();
      const knex = panel.context.knex;
      const paying: string[] = await knex('patreon_members').where({ kind: 'paying' }).limit(21).pluck('patreon_id');
      for (const id of paying) {
        await panel.control.change(`/members/${id}`, { attributes: { patron_status: 'former_patron' } });
      }
      const { run_id, state } = await panel.sync();
      expect(state).toBe('held');
      const viewer = await panel.app.signInAs('viewer');
      const page = readPage((await viewer.get(`/patreon/sync/${run_id}/`)).text);
      expect(page.text).toContain(`21 of ${COUNT} members`);
      expect(page.text).toContain('would no longer be paying');
      expect(page.rows('departures')[0]?.html).toMatch(/data-kind="paying"[\s\S]*data-kind="former"/);
    } finally {
      await panel.close();
    }
  }, 40_000);
});
