import type { Knex } from 'knex';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign } from '../support/campaign-factories';
import { insertMember } from '../support/factories';
import { readPage } from '../support/page';

const NOW = new Date('2026-11-20T12:00:00Z');

describe('the follow-up of a member', () => {
  let app: TestApp;
  let knex: Knex;
  let editor: SignedInVisitor;
  let viewer: SignedInVisitor;
  let member: number;

  beforeAll(async () => {
    app = await startTestApp({ clock: { now: () => NOW } });
    knex = app.context.knex;
    editor = await app.signInAs('editor');
    viewer = await app.signInAs('viewer');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    member = await insertMember(knex, await insertCampaign(knex));
  });
  afterEach(() => deleteCampaigns(knex));

  const address = () => `/patreon/members/${member}/`;
  const set = (fields: Record<string, string> = {}, by = editor) =>
    by.postForm(`${address()}follow-up/`, {
      owner: String(editor.staff.id),
      due_on: '2026-11-30',
      task: 'Ask about the parcel',
      ...fields,
    });
  const page = async (by = editor) => readPage((await by.get(address()).expect(200)).text);
  const actions = () => knex('member_actions').where({ member_id: member }).orderBy('id').pluck('action');

  it('names who does what until when', async () => {
    const answer = await set();
    expect([answer.status, answer.headers.location]).toEqual([303, `${address()}#member-follow-up`]);
    const { text, html } = await page();
    expect(text).toContain(`Ask about the parcel ${editor.staff.name} · Due Nov 30, 2026`);
    expect(html).not.toContain('data-overdue');
    expect(text).toContain(`Follow-up given to ${editor.staff.name}, due Nov 30, 2026`);
  });

  it.each([
    ['2026-11-19', true],
    ['2026-11-20', false],
    ['', false],
  ])('due on “%s” is overdue: %s', async (due_on, isOverdue) => {
    await set({ due_on });
    expect((await page()).html.includes('data-overdue')).toBe(isOverdue);
  });

  it('is changed by the next one, and the same again leaves no trace', async () => {
    const colleague = await app.createStaff('manager');
    await set();
    await set();
    await set({ owner: String(colleague.id), due_on: '', task: '' });
    const { text } = await page();
    expect(text).toContain(`${colleague.name} · No day set`);
    expect(await knex('member_follow_ups').where({ member_id: member })).toHaveLength(1);
    expect(await actions()).toEqual(['follow_up.set', 'follow_up.set']);
  });

  it('is gone once it is done, twice or not', async () => {
    await set();
    for (const _time of [1, 2]) expect((await editor.postForm(`${address()}follow-up/done/`)).status).toBe(303);
    expect((await page()).text).toContain('Nobody is asked to follow up');
    expect(await actions()).toEqual(['follow_up.set', 'follow_up.done']);
  });

  it('stays when its owner’s account is removed', async () => {
    const gone = await app.createStaff('editor');
    await set({ owner: String(gone.id) });
    await knex('staff').where({ id: gone.id }).delete();
    expect((await page()).text).toContain('somebody who no longer works here · Due');
  });

  it.each([
    ['a day that does not exist', { due_on: '2026-02-30' }, 'due_on'],
    ['a day of another age', { due_on: '0001-01-01' }, 'due_on'],
    ['no owner', { owner: '' }, 'owner'],
    ['an owner who does not exist', { owner: '999999999' }, 'owner'],
    ['an endless task', { task: 'x'.repeat(501) }, 'task'],
  ])('is refused with %s, and what was typed stays', async (_what, fields, field) => {
    const answer = await set(fields);
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).values()[field]).toBe(
      field === 'owner' ? undefined : (fields as Record<string, string>)[field],
    );
    expect(answer.text).toContain(`id="follow-up-${field === 'due_on' ? 'due' : field}-error"`);
    expect(await knex('member_follow_ups')).toEqual([]);
  });

  it('is given to those alone who look after members', async () => {
    const disabled = await app.createStaff('manager');
    await knex('staff').where({ id: disabled.id }).update({ disabled_at: new Date() });
    for (const id of [viewer.staff.id, disabled.id]) {
      expect((await set({ owner: String(id) })).status).toBe(422);
      expect((await page()).html).not.toContain(`<option value="${id}"`);
    }
  });

  it('is neither shown to viewers nor set by them', async () => {
    await set();
    expect((await set({}, viewer)).status).toBe(403);
    expect((await viewer.postForm(`${address()}follow-up/done/`)).status).toBe(403);
    expect((await page(viewer)).text).not.toMatch(/parcel|Follow-up/);
    const list = await viewer.get('/patreon/members/?columns=name,follow_up').expect(200);
    expect(readPage(list.text).rows('members')).toHaveLength(1);
    expect(list.text).not.toMatch(/(name|value)="(or1\.)?follow_up"/);
    expect(readPage(list.text).text).not.toContain('Due');
    for (const query of ['follow_up=mine', 'follow_up=any', 'kind=free&or1.follow_up=none'])
      expect((await viewer.get(`/patreon/members/?${query}`).expect(400)).text).toContain('does not see follow-ups');
  });
});
