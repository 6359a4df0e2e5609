import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign } from '../support/campaign-factories';
import { insertMembers } from '../support/factories';
import { readPage } from '../support/page';

const VIEWS = '/patreon/members/views/';

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
  await app.context.knex('member_views').delete();
});

const knex = () => app.context.knex;
const stored = () => knex()('member_views').orderBy('id');
const pageOf = async (path: string, visitor = owner) => readPage((await visitor.get(path).expect(200)).text);
const save = (visitor: SignedInVisitor, fields: Record<string, string>) => visitor.postForm(VIEWS, fields);
const idOf = async (name: string): Promise<number> => (await knex()('member_views').where({ name }).first('id')).id;

describe('saving a view', () => {
  it('keeps filter, sort and columns as the list writes them, and leads to that list', async () => {
    const answer = await save(owner, { name: 'To win back', query: 'sort=name&kind=former&after=x' });
    expect(answer.status).toBe(303);
    const [view] = await stored();
    expect(view).toMatchObject({ owner_id: owner.staff.id, name: 'To win back', shared: false, pinned: false });
    const kept = new URLSearchParams(view.query);
    expect([kept.get('kind'), kept.get('sort'), kept.has('after')]).toEqual(['former', 'name', false]);
    expect(kept.get('columns')).toContain('joined');
    expect(answer.headers.location).toBe(`/patreon/members/?${view.query}`);
    const page = await pageOf(answer.headers.location as string);
    expect(page.text).toContain('View “To win back” saved.');
  });

  it('is offered also while nobody fits the filter, for that may change', async () => {
    await insertMembers(knex(), await insertCampaign(knex()), [{ full_name: 'A' }]);
    const page = await pageOf('/patreon/members/?kind=former');
    expect(page.total).toBe(0);
    expect(page.html).toMatch(/action="\/patreon\/members\/views\/">[\s\S]*name="query" value="kind=former"/);
    expect(page.html).not.toMatch(/members\/bulk\/"|members\/export\//);
  });

  it('is refused without a name, with one’s own name again, and for a query that the list refuses', async () => {
    await save(owner, { name: 'Mine', query: '' });
    const answers = [
      await save(owner, { name: ' ', query: '' }),
      await save(owner, { name: 'mine', query: '' }),
      await save(owner, { name: 'Other', query: 'kind=patron' }),
      await save(owner, { name: 'Long', query: 'x'.repeat(4_001) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422]);
    expect(readPage(answers[1]?.text ?? '').text).toContain('You have a view of this name already');
    expect(readPage(answers[2]?.text ?? '').text).toContain('There is no such kind of membership');
    expect(await stored()).toHaveLength(1);
    expect((await save(editor, { name: 'mine', query: '' })).status).toBe(303);
  });

  it('is refused for a filter that is too long once it is written as an address', async () => {
    const words = Array.from({ length: 13 }, (_, index) => `status=${'€'.repeat(90)}${index}`);
    const answer = await save(owner, { name: 'Long', query: words.join('&') });
    expect([answer.status, await stored()]).toEqual([422, []]);
    expect(readPage(answer.text).text).toContain('This filter is too long');
  });

  it('is for everybody, sharing is not', async () => {
    expect((await save(viewer, { name: 'Mine', query: 'kind=free' })).status).toBe(303);
    expect((await save(viewer, { name: 'Ours', query: '', shared: 'true' })).status).toBe(403);
    expect((await save(editor, { name: 'Ours', query: '', shared: 'true' })).status).toBe(303);
    expect((await stored()).map(({ name, shared }) => [name, shared])).toEqual([
      ['Mine', false],
      ['Ours', true],
    ]);
  });

  it('does not let a viewer keep what the list would not show them', async () => {
    expect((await save(viewer, { name: 'Rich', query: 'sort=-amount' })).status).toBe(422);
  });
});

describe(`GET ${VIEWS}`, () => {
  it('shows one’s own views and the shared ones of others, and nobody else’s', async () => {
    await save(owner, { name: 'Secret', query: '' });
    await save(owner, { name: 'Ours', query: 'kind=free', shared: 'true' });
    await save(viewer, { name: 'Mine', query: 'kind=paying' });
    const page = await pageOf(VIEWS, viewer);
    expect(page.text).toContain('Mine');
    expect(page.text).toContain(`Ours By ${owner.staff.name}`);
    expect(page.text).not.toContain('Secret');
    expect(page.html).not.toContain(`${VIEWS}${await idOf('Ours')}/delete/`);
  });

  it('tells nobody an e-mail that they may not see, neither there nor above the list', async () => {
    const query = 'kind=paying&q=Ada@Example.com';
    await save(owner, { name: 'Ours', query, shared: 'true', pinned: 'true' });
    await save(viewer, { name: 'Mine', query: 'q=zoe@example.com', pinned: 'true' });
    for (const path of [VIEWS, '/patreon/members/', `${VIEWS}tabs/`]) {
      const { html } = await pageOf(path, viewer);
      expect([html.includes('Ours'), /ada(@|%40)example/i.test(html), html.includes('Mine')]).toEqual([
        false,
        false,
        true,
      ]);
    }
    const manager = await app.signInAs('manager');
    expect((await pageOf(VIEWS, manager)).text).toContain('Ours');
    expect((await pageOf('/patreon/members/', manager)).html).toContain('Ada%40Example.com');
  });

  it('says of a view that does not work any more why', async () => {
    await save(owner, { name: 'Old', query: '' });
    await knex()('member_views').update({ query: 'campaign=999999' });
    const page = await pageOf(VIEWS);
    expect(page.text).toContain('This view does not work any more: There is no such campaign here');
  });
});

describe('a view of one’s own', () => {
  it('is renamed, shared, pinned and deleted', async () => {
    await save(editor, { name: 'First', query: 'kind=free' });
    const here = `${VIEWS}${await idOf('First')}/`;
    const before = (await stored())[0];
    for (const [field, value] of [
      ['name', 'Second'],
      ['shared', 'true'],
      ['pinned', 'true'],
    ] as const)
      expect((await editor.postForm(here, { [field]: value })).status).toBe(303);
    expect(await stored()).toEqual([{ ...before, name: 'Second', shared: true, pinned: true }]);
    expect((await editor.postForm(here, { name: ' ' })).status).toBe(422);
    expect((await editor.postForm(`${here}delete/`)).status).toBe(303);
    expect(await stored()).toEqual([]);
  });

  it('is nobody else’s to change, not even a shared one', async () => {
    await save(editor, { name: 'Ours', query: '', shared: 'true' });
    const here = `${VIEWS}${await idOf('Ours')}/`;
    expect((await owner.postForm(here, { name: 'Mine' })).status).toBe(404);
    expect((await owner.postForm(`${here}delete/`)).status).toBe(404);
    await save(viewer, { name: 'Mine', query: '' });
    expect((await viewer.postForm(`${VIEWS}${await idOf('Mine')}/`, { shared: 'true' })).status).toBe(403);
  });
});

describe('pinned views', () => {
  it('stand above the list as tabs without numbers, the present one marked', async () => {
    await save(owner, { name: 'Free', query: 'kind=free', pinned: 'true' });
    await save(owner, { name: 'Not pinned', query: 'kind=gift' });
    await save(editor, { name: 'Shared', query: 'kind=paying', pinned: 'true', shared: 'true' });
    await save(editor, { name: 'Private', query: 'kind=trial', pinned: 'true' });
    const { html } = await pageOf('/patreon/members/?kind=free');
    const nav = /<nav class="tabs"[\s\S]*?<\/nav>/.exec(html)?.[0] ?? '';
    const tabs = [...nav.matchAll(/<a [^>]*?href="([^"]*)"( aria-current="page")?><bdi>([^<]*)/g)];
    expect(tabs.map(([, , current, name]) => [name, current !== undefined])).toEqual([
      ['Free', true],
      ['Shared', false],
    ]);
    expect(nav).not.toContain('data-count');
    expect(nav).toContain('hx-get="/patreon/members/views/tabs/?here=kind%3Dfree"');
  });

  it('tell how many they show in a fragment of their own, none where the view is broken', async () => {
    const campaign = await insertCampaign(knex());
    const free = { patron_status: null, last_charge_status: null };
    await insertMembers(knex(), campaign, [{ full_name: 'Ada' }, free, free]);
    await save(owner, { name: 'Free', query: 'kind=free', pinned: 'true' });
    await save(owner, { name: 'Ada', query: 'q=Ada', pinned: 'true' });
    await save(owner, { name: 'Broken', query: '', pinned: 'true' });
    await knex()('member_views').where({ name: 'Broken' }).update({ query: 'kind=patron' });
    const answer = await owner.get(`${VIEWS}tabs/`, { 'HX-Request': 'true' }).expect(200);
    expect(answer.text.trimStart()).toMatch(/^<nav class="tabs" id="member-views"/);
    expect(answer.text).not.toContain('hx-get');
    const counts = [...answer.text.matchAll(/<bdi>([^<]*)<\/bdi>(?: <span [^>]*data-count="(\d+)")?/g)];
    expect(counts.map(([, name, count]) => [name, count])).toEqual([
      ['Ada', '1'],
      ['Broken', undefined],
      ['Free', '2'],
    ]);
  });
});
