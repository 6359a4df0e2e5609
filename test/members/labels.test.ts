import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign } from '../support/campaign-factories';
import { insertMember, insertMembers } from '../support/factories';
import { readPage } from '../support/page';

const LABELS = '/patreon/members/labels/';

let app: TestApp;
let owner: SignedInVisitor;
let editor: SignedInVisitor;
let viewer: SignedInVisitor;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signInAs('owner');
  editor = await app.signInAs('editor');
  viewer = await app.signInAs('viewer');
});
afterAll(() => app.close());
afterEach(async () => {
  await deleteCampaigns(app.context.knex);
  await app.context.knex('labels').delete();
});

const knex = () => app.context.knex;
const member = async () => insertMember(knex(), await insertCampaign(knex()));
const namesOf = (id: number): Promise<string[]> =>
  knex()('member_labels').join('labels', 'labels.id', 'label_id').where('member_id', id).orderBy('name').pluck('name');
const actionsOf = (id: number) => knex()('member_actions').where('member_id', id).orderBy('id');
const labelId = async (name: string): Promise<number> => (await knex()('labels').where({ name }).first('id')).id;
const pageOf = async (path: string, visitor = owner) => readPage((await visitor.get(path).expect(200)).text);

describe('labels of one member', () => {
  it('are added by a word; a new word becomes a label, and the member keeps who did it', async () => {
    const id = await member();
    const answer = await editor.postForm(`/patreon/members/${id}/labels/`, { label: '  Helped   at the fair ' });
    expect([answer.status, answer.headers.location]).toEqual([303, `/patreon/members/${id}/`]);
    expect(await namesOf(id)).toEqual(['Helped at the fair']);
    const [action, ...others] = await actionsOf(id);
    expect(others).toEqual([]);
    expect(action).toMatchObject({ action: 'label.added', staff_id: editor.staff.id, batch_id: null });
    expect(action.details).toEqual({ label_id: await labelId('Helped at the fair'), label: 'Helped at the fair' });
  });

  it('are the same whatever the capitals, and adding one twice does and keeps nothing more', async () => {
    const id = await member();
    await owner.postForm(`/patreon/members/${id}/labels/`, { label: 'Été' });
    await owner.postForm(`/patreon/members/${id}/labels/`, { label: 'été' });
    expect([await namesOf(id), (await actionsOf(id)).length]).toEqual([['Été'], 1]);
  });

  it('are removed, with the action kept, and removing one that is not there is no failure', async () => {
    const id = await member();
    await owner.postForm(`/patreon/members/${id}/labels/`, { label: 'VIP' });
    const address = `/patreon/members/${id}/labels/${await labelId('VIP')}/delete/`;
    for (const _ of [1, 2]) expect((await editor.postForm(address)).status).toBe(303);
    expect(await namesOf(id)).toEqual([]);
    expect((await actionsOf(id)).map(({ action }) => action)).toEqual(['label.added', 'label.removed']);
  });

  it('can be taken back from the message that tells of them', async () => {
    const id = await member();
    await owner.postForm(`/patreon/members/${id}/labels/`, { label: 'VIP', next: `/patreon/members/${id}/labels/` });
    const page = await pageOf(`/patreon/members/${id}/labels/`);
    expect(page.text).toContain('Label “VIP” added.');
    const undo = `/patreon/members/${id}/labels/${await labelId('VIP')}/delete/`;
    expect(page.html).toContain(`action="${undo}"`);
    await owner.postForm(undo);
    expect(await namesOf(id)).toEqual([]);
  });

  it.each([
    ['nothing', { label: '   ' }],
    ['no field', {}],
    ['too much', { label: 'x'.repeat(51) }],
    ['what cannot be stored', { label: 'a\0b' }],
    ['two words at once', { label: ['a', 'b'] }],
  ])('are refused for %s, with the form and a message', async (_name, fields) => {
    const id = await member();
    const answer = await owner.postForm(`/patreon/members/${id}/labels/`, fields as Record<string, string>);
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).html).toContain('field-label-error');
    expect(await knex()('labels')).toEqual([]);
  });

  it('are not for viewers to change, and nobody’s member answers 404', async () => {
    const id = await member();
    await owner.postForm(`/patreon/members/${id}/labels/`, { label: 'VIP' });
    const label = await labelId('VIP');
    const answers = [
      await viewer.postForm(`/patreon/members/${id}/labels/`, { label: 'Other' }),
      await viewer.postForm(`/patreon/members/${id}/labels/${label}/delete/`),
      await owner.postForm('/patreon/members/999999/labels/', { label: 'VIP' }),
      await owner.postForm(`/patreon/members/${id}/labels/999999/delete/`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 404, 404]);
    expect(await namesOf(id)).toEqual(['VIP']);
    const page = await pageOf(`/patreon/members/${id}/labels/`, viewer);
    expect(page.text).toContain('VIP');
    expect(page.html).not.toContain(`/labels/${label}/delete/`);
  });
});

describe(`GET ${LABELS}`, () => {
  it('shows every label with how many have it, and leads to them', async () => {
    const campaign = await insertCampaign(knex());
    const ids = await insertMembers(knex(), campaign, [{}, {}, {}]);
    for (const id of ids) await owner.postForm(`/patreon/members/${id}/labels/`, { label: 'VIP' });
    await owner.postForm(LABELS, { label: 'Unused' });
    const rows = (await pageOf(LABELS, viewer)).rows('labels');
    expect(rows.map(({ text }) => text)).toEqual(['Unused 0', 'VIP 3']);
    await deleteCampaigns(knex());
    expect((await pageOf(LABELS)).rows('labels').map(({ text }) => text.slice(0, 8))).toEqual(['Unused 0', 'VIP 0 Ed']);
  });

  it('says what labels are for while there are none', async () => {
    expect((await pageOf(LABELS)).text).toContain('No labels yet');
  });

  it('refuses a name that exists, in any capitals', async () => {
    await owner.postForm(LABELS, { label: 'VIP' });
    const answer = await owner.postForm(LABELS, { label: 'vip' });
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).text).toContain('There is a label of this name already');
  });
});

describe('one label', () => {
  it('is renamed by editors, not to a name that another one has', async () => {
    await owner.postForm(LABELS, { label: 'Old' });
    await owner.postForm(LABELS, { label: 'Taken' });
    const id = await labelId('Old');
    expect((await editor.postForm(`${LABELS}${id}/`, { label: 'taken' })).status).toBe(422);
    expect((await editor.postForm(`${LABELS}${id}/`, { label: 'New' })).status).toBe(303);
    expect(await knex()('labels').orderBy('name').pluck('name')).toEqual(['New', 'Taken']);
  });

  it('is merged into another: its members keep one of them, and who had both has it once', async () => {
    const campaign = await insertCampaign(knex());
    const [a = 0, b = 0] = await insertMembers(knex(), campaign, [{}, {}]);
    await owner.postForm(`/patreon/members/${a}/labels/`, { label: 'Fan' });
    for (const id of [a, b]) await owner.postForm(`/patreon/members/${id}/labels/`, { label: 'Fans' });
    const [from, into] = [await labelId('Fans'), await labelId('Fan')];
    expect((await pageOf(`${LABELS}${from}/`)).text).toContain('Merge 2 members');
    expect((await owner.postForm(`${LABELS}${from}/merge/`, { into: String(into) })).status).toBe(303);
    expect([await namesOf(a), await namesOf(b)]).toEqual([['Fan'], ['Fan']]);
    expect(await knex()('labels').select('name', 'members')).toEqual([{ name: 'Fan', members: 2 }]);
    expect((await actionsOf(b)).at(-1)).toMatchObject({
      action: 'label.merged',
      details: { label: 'Fans', into: 'Fan' },
    });
  });

  it('is not merged into itself or into nothing', async () => {
    await owner.postForm(LABELS, { label: 'Fan' });
    const id = await labelId('Fan');
    for (const into of [String(id), '999999', 'x', ''])
      expect((await owner.postForm(`${LABELS}${id}/merge/`, { into })).status).toBe(422);
    expect(await knex()('labels').pluck('name')).toEqual(['Fan']);
  });

  it('is deleted with the number of members said, and taken off all of them', async () => {
    const id = await member();
    await owner.postForm(`/patreon/members/${id}/labels/`, { label: 'VIP' });
    const label = await labelId('VIP');
    expect((await pageOf(`${LABELS}${label}/`)).text).toContain('Delete from 1 member');
    expect((await owner.postForm(`${LABELS}${label}/delete/`)).status).toBe(303);
    expect([await knex()('labels'), await namesOf(id)]).toEqual([[], []]);
    expect((await actionsOf(id)).map(({ action }) => action)).toEqual(['label.added', 'label.removed']);
  });

  it('is merged and deleted by those who may act on many members alone', async () => {
    await owner.postForm(LABELS, { label: 'VIP' });
    const id = await labelId('VIP');
    expect((await pageOf(`${LABELS}${id}/`, editor)).html).not.toContain('/delete/');
    for (const action of ['merge', 'delete'])
      expect((await editor.postForm(`${LABELS}${id}/${action}/`)).status).toBe(403);
    expect((await viewer.postForm(LABELS, { label: 'Mine' })).status).toBe(403);
  });
});
