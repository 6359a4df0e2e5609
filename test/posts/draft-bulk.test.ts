import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertPosts } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { insertDraft, storedDraft, versionsOf } from './draft-factories';

const BULK = '/patreon/posts/bulk/';
const clock = { now: () => new Date('2026-11-18T10:00:00Z') };

let app: TestApp;
let editor: SignedInVisitor;
let viewer: SignedInVisitor;
let campaign: number;

beforeAll(async () => {
  app = await startTestApp({ clock });
  editor = await app.signInAs('editor');
  viewer = await app.signInAs('viewer');
});
afterAll(() => app.close());
beforeEach(async () => {
  campaign = await insertCampaign(knex(), { name: 'Tidewater Radio' });
  await knex()('campaign_settings').insert({ campaign_id: campaign, time_zone: 'Europe/Paris' });
});
afterEach(async () => {
  await deleteCampaigns(knex());
  await knex()('post_draft_batches').delete();
});

const knex = () => app.context.knex;
const draft = (values: Record<string, unknown> = {}) => insertDraft(knex(), campaign, { title: 'A draft', ...values });
const stored = async (ids: number[]) => Promise.all(ids.map((id) => storedDraft(knex(), id)));
const states = async (ids: number[]) => (await stored(ids)).map(({ state }) => state);
const plans = async (ids: number[]) => (await stored(ids)).map(({ planned_for }) => planned_for);
const apply = (action: string, ids: number[], fields: Record<string, string> = {}) =>
  editor.postForm(`${BULK}apply/`, { action, ids: ids.map(String), ...fields });

/** What the list says of the last action, and the address that takes it back. */
async function message(): Promise<{ text: string; undo: string }> {
  const { html, text } = readPage((await editor.get('/patreon/posts/').expect(200)).text);
  return { text, undo: /action="(\/patreon\/posts\/bulk\/\d+\/undo\/)"/.exec(html)?.[1] ?? '' };
}

describe('several drafts at once', () => {
  it('are ticked in the list, and a page asks with their number in the verb', async () => {
    const ids = [await draft({ title: 'One' }), await draft({ title: 'Two', state: 'handed_off' })];
    const list = (await editor.get('/patreon/posts/').expect(200)).text;
    for (const id of ids) expect(list).toContain(`name="ids" form="draft-bulk" value="${id}"`);
    const page = await editor.postForm(BULK, { action: 'delete', ids: ids.map(String) });
    expect([page.status, readPage(page.text).total]).toEqual([200, 2]);
    expect(readPage(page.text).text).toContain('Delete 2 drafts');
    const moved = readPage((await editor.postForm(BULK, { action: 'plan', ids: [...ids.map(String), '987654'] })).text);
    expect(moved.text).toContain('Move 1 draft');
    expect(moved.text).toMatch(/its state does not allow it: Two.*it is gone/);
    expect(await states(ids)).toEqual(['draft', 'handed_off']);
  });

  it('lead back to the list as it was filtered', async () => {
    const id = await draft({ title: 'Lantern walk', planned_for: '2026-12-01T17:30:00Z' });
    const list = (await editor.get('/patreon/posts/?drafts_q=lantern').expect(200)).text;
    const { next = '' } = readPage(list.slice(list.indexOf('id="draft-bulk"'))).values();
    expect((await apply('shift', [id], { days: '7', next })).headers.location).toBe(next);
    const [path = '', place] = next.split('#');
    expect(place).toBe('drafts');
    const rows = readPage((await editor.get(path).expect(200)).text).rows('drafts');
    expect(rows.map((row) => row.id)).toEqual([String(id)]);
  });

  it('move by days at their own hour, over the change of the clocks, and back again', async () => {
    const ids = [
      await draft({ planned_for: '2026-10-24T08:00:00Z' }),
      await draft({ planned_for: '2026-12-01T17:30:00Z', state: 'ready' }),
      await draft(),
    ];
    expect((await apply('shift', ids, { days: '7' })).headers.location).toBe('/patreon/posts/#drafts');
    expect(await plans(ids)).toEqual(['2026-10-31T09:00:00.000+00:00', '2026-12-08T17:30:00.000+00:00', null]);
    expect((await stored(ids)).map(({ version, state }) => [version, state])).toEqual([
      [2, 'draft'],
      [2, 'ready'],
      [1, 'draft'],
    ]);
    const { text, undo } = await message();
    expect(text).toContain('2 drafts were moved. 1 stands in the past now. 1 has no day and was left out.');
    await editor.postForm(undo);
    expect(await plans(ids)).toEqual(['2026-10-24T08:00:00.000+00:00', '2026-12-01T17:30:00.000+00:00', null]);
    expect((await versionsOf(knex(), ids[0] as number)).map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('move to one day at their own hour, or at nine', async () => {
    const ids = [await draft({ planned_for: '2026-11-20T17:30:00Z' }), await draft()];
    await apply('plan', ids, { day: '2026-12-24' });
    expect(await plans(ids)).toEqual(['2026-12-24T17:30:00.000+00:00', '2026-12-24T08:00:00.000+00:00']);
  });

  it('become ideas or drafts by legal moves only, each noted with who did it', async () => {
    const ids = [
      await draft(),
      await draft({ state: 'idea' }),
      await draft({ state: 'ready' }),
      await draft({ state: 'published' }),
    ];
    await apply('idea', ids);
    expect(await states(ids)).toEqual(['idea', 'idea', 'ready', 'published']);
    expect((await message()).text).toContain(
      '1 draft is an idea now. 1 was so already. 2 were left out, because of their state.',
    );
    await apply('draft', ids);
    expect(await states(ids)).toEqual(['draft', 'draft', 'draft', 'published']);
    const moves = await knex()('post_draft_moves').where({ draft_id: ids[2] });
    expect(moves).toMatchObject([{ from_state: 'ready', to_state: 'draft', version: 1, moved_by: editor.staff.id }]);
    await editor.postForm((await message()).undo);
    expect(await states(ids)).toEqual(['idea', 'idea', 'ready', 'published']);
  });

  it('are deleted and brought back; a post that another draft took meanwhile stays with that one', async () => {
    const [post] = await insertPosts(knex(), campaign, [{ title: 'Out' }]);
    const ids = [await draft(), await draft({ post_id: post, state: 'published' })];
    await apply('delete', ids);
    expect(
      (await stored(ids)).every(({ deleted_at, deleted_by }) => deleted_at && deleted_by === editor.staff.id),
    ).toBe(true);
    const { text, undo } = await message();
    expect(text).toContain('2 drafts were deleted.');
    const other = await draft({ post_id: post, state: 'published' });
    await editor.postForm(undo);
    expect((await stored([...ids, other])).map(({ deleted_at, post_id }) => [deleted_at, post_id])).toEqual([
      [null, null],
      [null, null],
      [null, post],
    ]);
  });

  it('are not taken back where somebody went on, nor twice', async () => {
    const ids = [
      await draft({ planned_for: '2026-11-20T17:30:00Z' }),
      await draft({ planned_for: '2026-11-21T17:30:00Z' }),
    ];
    await apply('shift', ids, { days: '1' });
    const { undo } = await message();
    await editor.postForm(`/patreon/posts/${ids[0]}/plan/`, { planned_for: '2026-12-31T12:00' });
    await message();
    await editor.postForm(undo);
    expect(await plans(ids)).toEqual(['2026-12-31T11:00:00.000+00:00', '2026-11-21T17:30:00.000+00:00']);
    expect((await message()).text).toContain(
      '1 draft is what it was. 1 has been changed meanwhile and stays as it is.',
    );
    await editor.postForm(undo);
    expect((await storedDraft(knex(), ids[1] as number)).version).toBe(3);
    expect((await editor.postForm(`${BULK}987654/undo/`)).status).toBe(404);
  });

  it.each([
    ['shift', { days: '0' }, 'Give a number of days'],
    ['shift', { days: '400' }, 'Give a number of days'],
    ['shift', {}, 'Give a number of days'],
    ['plan', { day: '2026-02-30' }, 'Give a day'],
    ['plan', { day: '0001-01-01' }, 'Give a day'],
  ])('%s asks again for %j', async (action, fields, words) => {
    const id = await draft({ planned_for: '2026-11-20T17:30:00Z' });
    const answer = await apply(action, [id], fields);
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).text).toContain(words);
    expect((await storedDraft(knex(), id)).version).toBe(1);
  });

  it('lead back to the list with a word when nothing sensible was chosen', async () => {
    const many = Array.from({ length: 201 }, (_, index) => index + 1).join();
    const wrong: [Record<string, string>, string][] = [
      [{ action: 'delete' }, 'Tick at least one draft.'],
      [{ action: 'delete', ids: 'x' }, 'Tick drafts of the list.'],
      [{ action: 'delete', ids: many }, 'Tick at most 200 drafts at once.'],
      [{ action: 'publish', ids: '1' }, 'Choose what to do with them.'],
    ];
    for (const [fields, words] of wrong)
      for (const address of [BULK, `${BULK}apply/`]) {
        const answer = await editor.postForm(address, fields);
        expect([fields, answer.status, answer.headers.location]).toEqual([fields, 303, '/patreon/posts/#drafts']);
        expect((await message()).text).toContain(words);
      }
    expect((await editor.get(BULK)).headers.location).toBe('/patreon/posts/#drafts');
  });

  it('are one entry of the audit log', async () => {
    const ids = [await draft(), await draft()];
    await apply('delete', ids);
    const [entry] = await knex()('audit_entries').where({ action: 'draft_batch.applied' }).orderBy('id', 'desc');
    expect(entry).toMatchObject({ staff_id: editor.staff.id, details: { action: 'delete', total: 2, ids } });
  });

  it('are nothing for viewers, who see no boxes', async () => {
    const id = await draft();
    expect((await viewer.get('/patreon/posts/').expect(200)).text).not.toContain('draft-bulk');
    for (const address of [BULK, `${BULK}apply/`, `${BULK}1/undo/`])
      expect((await viewer.postForm(address, { action: 'delete', ids: String(id) })).status).toBe(403);
    expect((await storedDraft(knex(), id)).deleted_at).toBeNull();
  });

  it('are changed once when two people act at the same time', async () => {
    const ids = [
      await draft({ planned_for: '2026-11-20T17:30:00Z' }),
      await draft({ planned_for: '2026-11-21T17:30:00Z' }),
    ];
    const answers = await Promise.all([
      apply('shift', ids, { days: '1' }),
      apply('shift', [...ids].reverse(), { days: '1' }),
      apply('delete', ids),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    const versions = await versionsOf(knex(), ids[0] as number);
    expect(new Set(versions.map(({ version }) => version)).size).toBe(versions.length);
  });
});
