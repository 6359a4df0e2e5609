import type { Knex } from 'knex';
import type { Role } from '../../src/policy';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign } from '../support/campaign-factories';
import { insertMember } from '../support/factories';
import { readPage } from '../support/page';

const LIST = '/patreon/members/fields/';

describe('custom fields', () => {
  let app: TestApp;
  let knex: Knex;
  let people: Record<Role, SignedInVisitor>;
  let member: number;

  beforeAll(async () => {
    app = await startTestApp();
    knex = app.context.knex;
    people = await app.signInEverybody();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    member = await insertMember(knex, await insertCampaign(knex));
  });
  afterEach(async () => {
    await deleteCampaigns(knex);
    await knex('member_fields').delete();
  });

  const define = async (name: string): Promise<number> => {
    expect((await people.manager.postForm(LIST, { name })).status).toBe(303);
    return (await knex('member_fields').where({ name }).first('id')).id;
  };
  const address = () => `/patreon/members/${member}/`;
  const save = (fields: Record<string, string>, role: Role = 'editor') =>
    people[role].postForm(`${address()}fields/`, fields);
  const values = () => knex('member_field_values').where({ member_id: member }).orderBy('field_id').pluck('value');

  it('are listed by name, and white space in a name is one space', async () => {
    for (const name of [' Shirt \n size ', 'pen name'])
      expect((await people.manager.postForm(LIST, { name })).status).toBe(303);
    const rows = readPage((await people.owner.get(LIST).expect(200)).text).rows('member-fields');
    expect(rows.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^pen name 0 members/),
      expect.stringMatching(/^Shirt size 0 members/),
    ]);
  });

  it('tell how many members have a value before they are deleted', async () => {
    const id = await define('Size');
    await save({ [`field_${id}`]: 'M' });
    const asked = readPage((await people.owner.get(`${LIST}${id}/delete/`).expect(200)).text).text;
    expect(asked).toContain('removed for good: 1 member.');
    expect((await people.owner.postForm(`${LIST}${id}/delete/`)).status).toBe(303);
    expect(await values()).toEqual([]);
    expect((await people.owner.get(`${LIST}${id}/delete/`)).status).toBe(404);
  });

  it('keep their values when they are renamed', async () => {
    const id = await define('Size');
    await save({ [`field_${id}`]: 'M' });
    expect((await people.owner.postForm(`${LIST}${id}/rename/`, { name: 'Shirt' })).status).toBe(303);
    const page = readPage((await people.editor.get(address())).text);
    expect(page.text).toContain('Shirt');
    expect(page.values()[`field_${id}`]).toBe('M');
  });

  it('refuse names that are empty, too long or taken', async () => {
    const id = await define('Size');
    for (const name of ['', ' ', 'x'.repeat(51), 'sIZE', 'a\0']) {
      const answer = await people.manager.postForm(LIST, { name });
      expect([answer.status, answer.text.includes('id="field-new-error"')]).toEqual([422, true]);
    }
    await define('Other');
    const answer = await people.manager.postForm(`${LIST}${id}/rename/`, { name: 'other' });
    expect([answer.status, answer.text.includes(`id="rename-${id}-error"`)]).toEqual([422, true]);
    expect((await people.manager.postForm(`${LIST}999999999999/rename/`, { name: 'New' })).status).toBe(404);
    expect(await knex('member_fields').pluck('name')).toEqual(expect.arrayContaining(['Size', 'Other']));
  });

  it('are at most forty', async () => {
    await knex('member_fields').insert(Array.from({ length: 40 }, (_, field) => ({ name: `Field ${field}` })));
    const answer = await people.manager.postForm(LIST, { name: 'One more' });
    expect([answer.status, readPage(answer.text).text]).toEqual([422, expect.stringContaining('as many fields')]);
  });

  it('are defined by nobody else', async () => {
    const id = await define('Size');
    for (const role of ['editor', 'viewer'] as const) {
      await people[role].get(LIST).expect(403);
      for (const path of ['', `${id}/rename/`, `${id}/delete/`])
        expect((await people[role].postForm(`${LIST}${path}`, { name: 'x' })).status).toBe(403);
    }
  });

  it('take values on the member’s page, and lose them when they are emptied', async () => {
    const [size, pen] = [await define('Size'), await define('Pen name')];
    const answer = await save({ [`field_${size}`]: ' M ', [`field_${pen}`]: 'Q.' });
    expect([answer.status, answer.headers.location]).toEqual([303, `${address()}#member-fields`]);
    expect(await values()).toEqual(['M', 'Q.']);
    await save({ [`field_${size}`]: '' });
    expect(await values()).toEqual(['Q.']);
  });

  it('leave one action for each save that changed something, without the values', async () => {
    const size = await define('Size');
    for (const value of ['M', 'M', 'L', '']) await save({ [`field_${size}`]: value });
    const actions = await knex('member_actions').where({ member_id: member, action: 'field.changed' });
    expect(actions.map(({ details }) => details)).toEqual(Array(3).fill({ field_ids: [size] }));
  });

  it('refuse values that are too long, and keep what was typed', async () => {
    const size = await define('Size');
    const answer = await save({ [`field_${size}`]: 'x'.repeat(1_001) });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(`id="custom-${size}-error"`);
    expect(readPage(answer.text).values()[`field_${size}`]).toHaveLength(1_001);
    expect(await values()).toEqual([]);
  });

  it('pass over values of fields that do not exist', async () => {
    expect((await save({ field_999999999999: 'x', field_abc: 'y' })).status).toBe(303);
    expect(await values()).toEqual([]);
  });

  it('are neither shown to viewers nor written by them', async () => {
    const size = await define('Size');
    await save({ [`field_${size}`]: 'Extra large' });
    expect((await save({ [`field_${size}`]: 'x' }, 'viewer')).status).toBe(403);
    expect((await people.viewer.get(address())).text).not.toMatch(/Extra large|member-fields/);
  });
});
