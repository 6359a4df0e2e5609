import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { insertDraft, storedDraft } from './draft-factories';

const TEMPLATES = '/patreon/posts/templates/';
const SNIPPETS = '/patreon/posts/snippets/';

let app: TestApp;
let editor: SignedInVisitor;
let viewer: SignedInVisitor;
let campaign: number;

beforeAll(async () => {
  app = await startTestApp();
  editor = await app.signInAs('editor');
  viewer = await app.signInAs('viewer');
});
afterAll(() => app.close());
beforeEach(async () => {
  campaign = await insertCampaign(knex(), { name: 'Tidewater Radio', patron_count: 1234 });
});
afterEach(async () => {
  await deleteCampaigns(knex());
  await knex()('post_templates').delete();
  await knex()('post_snippets').delete();
});

const knex = () => app.context.knex;
const pageOf = async (path: string, visitor = editor) => readPage((await visitor.get(path).expect(200)).text);
const templates = () => knex()('post_templates').orderBy('id');
const create = (fields: Record<string, string | string[]>) => editor.postForm(`${TEMPLATES}create/`, fields);
const createPost = (query: string) => pageOf(`/patreon/campaigns/${campaign}/create-post/?${query}`);

async function template(values: Record<string, unknown> = {}): Promise<number> {
  const [{ id }] = await knex()('post_templates')
    .insert({ name: 'Weekly letter', ...values })
    .returning('id');
  return id;
}

describe('templates', () => {
  it('are made for one campaign with its tiers, and listed', async () => {
    const [tier] = await insertTiers(knex(), campaign, [{ title: 'Keepers', patreon_id: '77' }]);
    const form = await pageOf(`${TEMPLATES}create/?campaign=${campaign}`);
    expect(form.text).toContain('Keepers');
    const fields = {
      campaign: String(campaign),
      name: ' Weekly  letter ',
      title: 'Letter of {{date}}',
      content: 'Dear all',
      tiers: [String(tier)],
      tags: 'letter, weekly',
      is_paid: 'true',
    };
    expect((await create(fields)).headers.location).toBe(TEMPLATES);
    const [stored] = await templates();
    expect(stored).toMatchObject({
      campaign_id: campaign,
      name: 'Weekly letter',
      title: 'Letter of {{date}}',
      tiers: ['77'],
      tags: ['letter', 'weekly'],
      is_paid: true,
      is_public: false,
      saved_by: editor.staff.id,
    });
    const list = await pageOf(TEMPLATES);
    expect(
      list
        .rows('templates')
        .map(({ text }) => text)
        .join(),
    ).toMatch(/Weekly letter.*Tidewater Radio/);
    expect(
      await knex()('audit_entries').where({ action: 'post_template.created', subject_id: String(stored.id) }),
    ).toHaveLength(1);
  });

  it('are reached from a post that is begun', async () => {
    expect((await createPost('')).html).toContain(`href="${TEMPLATES}"`);
  });

  it('are changed, refused with every word kept, and told apart by name within a campaign', async () => {
    const id = await template({ title: 'Old' });
    expect(
      (await editor.postForm(`${TEMPLATES}${id}/`, { name: 'Weekly letter', title: 'New', content: 'Text' })).status,
    ).toBe(303);
    expect((await templates())[0]).toMatchObject({ title: 'New', content: 'Text', campaign_id: null });
    const taken = await create({ name: 'WEEKLY LETTER', title: 'Mine', content: 'My words', tags: 'a' });
    expect([taken.status, readPage(taken.text).values()]).toMatchObject([
      422,
      { name: 'WEEKLY LETTER', title: 'Mine', content: 'My words', tags: 'a' },
    ]);
    expect(taken.text).toContain('Another one has this name already.');
    expect((await create({ name: 'Weekly letter', campaign: String(campaign) })).status).toBe(303);
    const wrong: Record<string, string | string[]>[] = [
      { name: '' },
      { name: 'x'.repeat(81) },
      { name: 'x', campaign: '987654' },
      { name: 'x', campaign: 'all' },
      { name: 'x', tiers: ['1'] },
      { name: 'x', title: 'x'.repeat(301) },
      { name: 'a\0b' },
    ];
    for (const fields of wrong) expect([fields, (await create(fields)).status]).toEqual([fields, 422]);
  });

  it('and snippets are not written over by a form that knows of an older one, until it is told', async () => {
    const [snippet] = await knex()('post_snippets').insert({ name: 'Bye', content: 'See you' }).returning('id');
    for (const address of [`${TEMPLATES}${await template()}/`, `${SNIPPETS}${snippet.id}/`]) {
      const { _csrf, ...form } = (await pageOf(address)).values();
      expect((await editor.postForm(address, { ...form, content: 'Theirs' })).status).toBe(303);
      const unnamed = await editor.postForm(address, { ...form, name: '', content: 'Mine' });
      const { _csrf: _first, ...again } = readPage(unnamed.text).values();
      const refused = await editor.postForm(address, { ...again, name: 'Weekly letter' });
      expect([refused.status, readPage(refused.text).text]).toEqual([
        422,
        expect.stringContaining('Somebody saved it meanwhile.'),
      ]);
      const { _csrf: _second, ...mine } = readPage(refused.text).values();
      expect(mine.content).toBe('Mine');
      expect((await pageOf(address)).values().content).toBe('Theirs');
      expect((await editor.postForm(address, mine)).status).toBe(303);
      expect((await pageOf(address)).values().content).toBe('Mine');
    }
  });

  it('are deleted, brought back from the message, and gone after a month', async () => {
    const id = await template();
    await editor.postForm(`${TEMPLATES}${id}/delete/`);
    expect((await pageOf(TEMPLATES)).text).toContain('Weekly letter is deleted. Undo');
    await editor.get(`${TEMPLATES}${id}/`).expect(404);
    await editor.postForm(`${TEMPLATES}${id}/undelete/`);
    expect((await pageOf(TEMPLATES)).rows('templates')).toHaveLength(1);
    await editor.postForm(`${TEMPLATES}${id}/delete/`);
    await template();
    expect((await editor.postForm(`${TEMPLATES}${id}/undelete/`)).status).toBe(303);
    expect((await pageOf(TEMPLATES)).text).toContain('Another one has this name already.');
    await knex()('post_templates').update({ deleted_at: '2020-01-01T00:00:00Z' }).where({ id });
    await editor.postForm(`${TEMPLATES}${await template({ name: 'Other' })}/delete/`);
    expect(await knex()('post_templates').where({ id })).toEqual([]);
    for (const missing of [id, 999_999_999_999])
      expect((await editor.postForm(`${TEMPLATES}${missing}/undelete/`)).status).toBe(404);
  });

  it('fill the form of a new post: the day of its plan, the campaign and its patrons; what they do not know stays', async () => {
    const id = await template({
      title: '{{campaign}}, {{ date }}',
      content: '{{patrons}} patrons, {{weather}}',
      is_public: true,
      tags: ['letter'],
    });
    await knex()('campaign_settings').insert({ campaign_id: campaign, time_zone: 'Asia/Tokyo' });
    const used = await editor.get(`${TEMPLATES}${id}/use/?campaign=${campaign}&planned_for=2026-12-25T08:00`);
    expect(used.headers.location).toBe(
      `/patreon/campaigns/${campaign}/create-post/?template=${id}&planned_for=2026-12-25T08%3A00`,
    );
    const form = await pageOf(String(used.headers.location));
    expect(form.values()).toMatchObject({
      title: 'Tidewater Radio, December 25, 2026',
      content: '1,234 patrons, {{weather}}',
      is_public: 'true',
      tags: 'letter',
      planned_for: '2026-12-25T08:00',
    });
    expect((await createPost(`template=${id}`)).values().title).toBe('Tidewater Radio, {{ date }}');
    await knex()('patreon_campaigns').update({ patron_count: null });
    expect((await createPost(`template=${id}`)).values().content).toBe('{{patrons}} patrons, {{weather}}');
  });

  it('fill nothing in the form of another campaign, and an address that asks for nonsense is a new post', async () => {
    const other = await insertCampaign(knex(), { name: 'Night Listeners' });
    const id = await template({ campaign_id: other, title: 'Theirs' });
    for (const query of [
      `template=${id}`,
      'template=987654',
      'template=x',
      'template=1&template=2',
      'planned_for=soon',
      'template=99999999999999999999',
    ])
      expect((await createPost(query)).values()).toMatchObject({ title: '', planned_for: '' });
    await editor.get(`${TEMPLATES}${await template()}/use/?campaign=x`).expect(404);
  });

  it('begin with a draft that is worth keeping', async () => {
    await insertTiers(knex(), campaign, [{ title: 'Keepers', patreon_id: '77' }]);
    const id = await insertDraft(knex(), campaign, {
      title: 'Letter 12',
      content: 'Dear all',
      tiers: ['77'],
      tags: ['letter'],
    });
    expect((await pageOf(`/patreon/posts/${id}/`)).html).toContain(`${TEMPLATES}create/?draft=${id}`);
    const form = await pageOf(`${TEMPLATES}create/?draft=${id}`);
    expect(form.values()).toMatchObject({
      campaign: String(campaign),
      name: '',
      title: 'Letter 12',
      content: 'Dear all',
      tags: 'letter',
    });
    expect(form.values().tiers).toBeDefined();
    await editor.get(`${TEMPLATES}create/?draft=987654`).expect(404);
    await editor.get(`${TEMPLATES}create/?campaign=987654`).expect(404);
  });

  it('are for those who write', async () => {
    const id = await template();
    for (const path of [TEMPLATES, `${TEMPLATES}create/`, `${TEMPLATES}${id}/`]) await viewer.get(path).expect(403);
    for (const path of [`${TEMPLATES}${id}/`, `${TEMPLATES}${id}/delete/`, SNIPPETS])
      expect((await viewer.postForm(path)).status).toBe(403);
  });

  it('speak French', async () => {
    await template({ title: 'Lettre' });
    await knex()('staff').update({ locale: 'fr' }).where({ id: editor.staff.id });
    const list = await pageOf(TEMPLATES);
    const form = await pageOf(`${TEMPLATES}create/`);
    await knex()('staff').update({ locale: 'en' }).where({ id: editor.staff.id });
    expect([list.title, form.text]).toEqual([
      expect.stringContaining('Modèles et extraits'),
      expect.stringContaining('{{patrons}}'),
    ]);
  });
});

describe('snippets', () => {
  const stored = () => knex()('post_snippets').orderBy('id');

  it('are kept, changed, deleted and brought back', async () => {
    await editor.postForm(SNIPPETS, { name: 'Thanks', content: 'Thank you\r\nall!', campaign: String(campaign) });
    const [{ id, ...snippet }] = await stored();
    expect(snippet).toMatchObject({ name: 'Thanks', content: 'Thank you\nall!', campaign_id: campaign });
    await editor.postForm(`${SNIPPETS}${id}/`, { name: 'Thanks', content: 'Thank you', campaign: '' });
    expect((await stored())[0]).toMatchObject({ content: 'Thank you', campaign_id: null });
    await editor.postForm(`${SNIPPETS}${id}/delete/`);
    await editor.get(`${SNIPPETS}${id}/`).expect(404);
    await editor.postForm(`${SNIPPETS}${id}/undelete/`);
    expect((await pageOf(`${SNIPPETS}${id}/`)).values()).toMatchObject({ name: 'Thanks', content: 'Thank you' });
    const actions = await knex()('audit_entries')
      .where({ subject_type: 'post_snippet', subject_id: String(id) })
      .orderBy('id')
      .pluck('action');
    expect(actions).toEqual(['created', 'changed', 'deleted', 'restored'].map((word) => `post_snippet.${word}`));
  });

  it('are refused with what was typed', async () => {
    const refused = await editor.postForm(SNIPPETS, { name: '', content: 'Words that took time' });
    expect([refused.status, readPage(refused.text).values().content]).toEqual([422, 'Words that took time']);
    expect((await editor.postForm(SNIPPETS, { name: 'Empty', content: '  ' })).status).toBe(422);
  });

  it('are offered while writing a post: those of its campaign and of all', async () => {
    const other = await insertCampaign(knex());
    await knex()('post_snippets').insert([
      { name: 'Ours', content: '<b>Ours</b> & "more"', campaign_id: campaign },
      { name: 'Everywhere', content: 'Everywhere' },
      { name: 'Theirs', content: 'Theirs', campaign_id: other },
    ]);
    const { html } = await createPost('');
    const offered = [...html.matchAll(/data-snippet="([^"]*)"/g)].map(([, text]) => text);
    expect(offered).toEqual(['Everywhere', '&lt;b&gt;Ours&lt;/b&gt; &amp; &#34;more&#34;']);
  });
});

describe('a copy', () => {
  it('of a draft is a new draft without its day, its state and its post', async () => {
    const id = await insertDraft(knex(), campaign, {
      title: 'Letter 12',
      content: 'Dear all',
      state: 'handed_off',
      planned_for: '2026-11-20T17:30:00Z',
      notes: 'For us',
      tags: ['letter'],
    });
    const answer = await editor.postForm(`/patreon/posts/${id}/duplicate/`);
    const [, copy] = /^\/patreon\/posts\/(\d+)\/edit\/$/.exec(String(answer.headers.location)) ?? [];
    expect(await storedDraft(knex(), Number(copy))).toMatchObject({
      title: 'Letter 12 (copy)',
      content: 'Dear all',
      state: 'draft',
      planned_for: null,
      notes: 'For us',
      tags: ['letter'],
      post_id: null,
      version: 1,
      created_by: editor.staff.id,
    });
    expect((await storedDraft(knex(), id)).state).toBe('handed_off');
  });

  it('of a published post is its text as Markdown', async () => {
    const [id] = await insertPosts(knex(), campaign, [
      { title: 'Episode 41', content: '<p>Hello <b>there</b></p>', is_public: true },
    ]);
    const answer = await editor.postForm(`/patreon/posts/${id}/duplicate/`);
    const copy = Number(/posts\/(\d+)\//.exec(String(answer.headers.location))?.[1]);
    expect(await storedDraft(knex(), copy)).toMatchObject({
      title: 'Episode 41 (copy)',
      content: 'Hello **there**',
      is_public: true,
      post_id: null,
    });
  });

  it('of nothing is not found, and viewers make none', async () => {
    expect((await editor.postForm('/patreon/posts/987654/duplicate/')).status).toBe(404);
    expect((await viewer.postForm('/patreon/posts/987654/duplicate/')).status).toBe(403);
  });
});
