import type { SignedInVisitor, TestApp } from '../support/app';
import { startTestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { seededRandom } from '../support/seeded-random';
import { walkList } from '../support/walk';

const COLUMNS = { published: 'published_at', title: `nullif(title, '') collate "und-x-icu"` };

describe('GET /patreon/posts/', () => {
  let app: TestApp;
  let viewer: SignedInVisitor;

  beforeAll(async () => {
    app = await startTestApp();
    viewer = await app.signInAs('viewer');
  });

  afterAll(() => app.close());
  afterEach(() => deleteCampaigns(app.context.knex));

  const read = async (path: string) => readPage((await viewer.get(path).expect(200)).text);
  const idsOf = async (query: string) =>
    (await read(`/patreon/posts/${query}`)).rows('posts').map((row) => Number(row.id));

  it('lets nobody in who is not signed in', async () => {
    expect((await app.visitor().get('/patreon/posts/')).status).toBe(303);
  });

  it('says what to do while there is no post', async () => {
    const page = await read('/patreon/posts/');
    expect(page.total).toBe(0);
    expect(page.text).toContain('Published posts come with a sync.');
  });

  it('shows the newest first, with who may read each in words', async () => {
    const { knex } = app.context;
    const campaign = await insertCampaign(knex, { name: 'Ink & Quill' });
    const [tier] = await insertTiers(knex, campaign, [{ patreon_id: '7002', title: 'Inkwell' }]);
    const [old, chosen, patrons, untold] = await insertPosts(knex, campaign, [
      { title: 'Old', is_public: true, tiers: [], published_at: '2022-02-26T16:00:00Z' },
      { title: 'Chosen', is_public: false, tiers: ['7002', '7999'], published_at: '2026-01-01T00:00:00Z' },
      { title: 'Patrons', is_public: false, tiers: [], published_at: '2025-01-01T00:00:00Z' },
      { title: '<b>Untold</b>' },
    ]);
    const page = await read('/patreon/posts/');
    const rows = page.rows('posts');
    expect(rows.map((row) => Number(row.id))).toEqual([chosen, patrons, old, untold]);
    expect(page.total).toBe(4);
    expect(rows[0]?.text).toContain('Inkwell');
    expect(rows[0]?.html).toContain(`/patreon/tiers/${tier}/`);
    expect(rows[0]?.text).toContain('Tier 7999');
    expect(rows[1]?.text).toContain('All patrons');
    expect(rows[2]?.text).toContain('Public');
    expect(rows[3]?.text).toContain('<b>Untold</b>');
    expect(rows[3]?.text).toContain('Not told by Patreon');
  });

  it('filters by campaign, tier, audience and part of the title', async () => {
    const { knex } = app.context;
    const one = await insertCampaign(knex);
    const two = await insertCampaign(knex);
    const [tier] = await insertTiers(knex, one, [{ patreon_id: '7002', title: 'Inkwell' }]);
    const [open, locked, patrons] = await insertPosts(knex, one, [
      { title: 'Heron study', is_public: true, tiers: [], published_at: '2026-03-01' },
      { title: 'Heron plates', is_public: false, tiers: ['7002'], published_at: '2026-02-01' },
      { title: 'Letters', is_public: false, tiers: null, published_at: '2026-01-01' },
    ]);
    const [other] = await insertPosts(knex, two, [
      { title: 'heron', is_public: null, tiers: ['7002'], published_at: '2026-01-01' },
    ]);
    expect(await idsOf(`?campaign=${two}`)).toEqual([other]);
    expect(await idsOf(`?tier=${tier}`)).toEqual([locked]);
    expect(await idsOf('?q=HERON&sort=-published')).toEqual([open, locked, other]);
    expect(await idsOf('?q=HERON&sort=published')).toEqual([other, locked, open]);
    expect(await idsOf('?audience=public')).toEqual([open]);
    expect(await idsOf('?audience=tiers')).toEqual([locked, other]);
    expect(await idsOf('?audience=members')).toEqual([patrons]);
    expect((await read('/patreon/posts/?q=owl')).text).toContain('No post matches');
  });

  it('shows only the posts of the campaign at the address of a campaign', async () => {
    const { knex } = app.context;
    const [one, two] = [await insertCampaign(knex), await insertCampaign(knex)];
    const [own] = await insertPosts(knex, one, [{ title: 'Mine' }]);
    await insertPosts(knex, two, [{ title: 'Other' }]);
    const page = await read(`/patreon/campaigns/${one}/posts/?campaign=${two}`);
    expect(page.rows('posts').map((row) => Number(row.id))).toEqual([own]);
    await viewer.get('/patreon/campaigns/999999999999/posts/').expect(404);
  });

  it('shows what is gone only when it is asked for, and says so', async () => {
    const campaign = await insertCampaign(app.context.knex);
    const [here, gone] = await insertPosts(app.context.knex, campaign, [
      { title: 'Here' },
      { title: 'Left', gone_at: '2026-01-01' },
    ]);
    expect(await idsOf('')).toEqual([here]);
    expect(await idsOf('?gone=1')).toEqual([gone]);
    expect((await read('/patreon/posts/?gone=1')).rows('posts')[0]?.text).toContain('Gone');
  });

  it('counts no further than ten thousand, and says that there are more', async () => {
    const campaign = await insertCampaign(app.context.knex);
    await app.context.knex.raw(
      `insert into patreon_posts (campaign_id, patreon_id, title, read_seq) select ?, 'p' || n, 'Post ' || n, 1 from generate_series(1, 10001) n`,
      [campaign],
    );
    const page = await read('/patreon/posts/');
    expect(page.total).toBe(10_000);
    expect(page.text).toContain('50 of 10,000+');
  });

  it.each(['published', '-published', 'title', '-title'])('walks in SQL’s order by %s, both ways', async (sort) => {
    const { knex } = app.context;
    const campaign = await insertCampaign(knex);
    const random = seededRandom(sort.length);
    const maybe = (value: unknown) => (random() < 0.3 ? null : value);
    const posts = Array.from({ length: 150 }, () => ({
      title: maybe(['ä', 'A', 'a', 'Ω', '', 'z'][Math.floor(random() * 6)]),
      published_at: maybe(`2026-01-0${1 + Math.floor(random() * 3)}T00:00:00.00000${Math.floor(random() * 3)}Z`),
    }));
    await insertPosts(knex, campaign, posts);
    const direction = sort.startsWith('-') ? 'desc' : 'asc';
    const column = COLUMNS[sort.replace('-', '') as keyof typeof COLUMNS];
    const expected = await knex('patreon_posts')
      .orderByRaw(`${column} ${direction} nulls last, id ${direction}`)
      .pluck('id');
    const forth = await walkList(viewer, 'posts', `/patreon/posts/?sort=${sort}`);
    expect(forth.ids).toEqual(expected);
    expect(forth.pages).toEqual([50, 50, 50]);
    expect((await walkList(viewer, 'posts', forth.last, 'prev')).ids).toEqual(expected);
  });

  it.each([
    ['sort=members', 'cannot be sorted'],
    ['campaign=-1', 'no such campaign'],
    ['campaign=7%27%20or%201=1', 'no such campaign'],
    ['tier=x', 'no such tier'],
    ['tier=31337', 'no such tier'],
    ['audience=everyone', 'no such audience'],
    ['after=%F0%9F%92%A9', 'page of the list'],
    ['after=WyItcHVibGlzaGVkIiwiMjAyNi0xMy00NSAwMDowMDowMCswMCIsMV0', 'page of the list'],
    ['q=%ED%A0%80%00', 'at most 100 characters'],
    ['gone=2', 'takes 1 or 0'],
  ])('answers 400 to ?%s, says why and how to go on', async (query, why) => {
    const answer = await viewer.get(`/patreon/posts/?${query}`);
    expect(answer.status).toBe(400);
    expect(readPage(answer.text).text).toContain(why);
    expect(answer.text).toContain('href="/patreon/posts/"');
  });

  it.each(['?sort=%', '?q=%E0%A4%A', '?campaign[]=1', '?__proto__=1', '?q=%25%25%5C'])(
    'never fails on %s',
    async (query) => {
      expect((await viewer.get(`/patreon/posts/${query}`)).status).toBeLessThan(500);
    },
  );

  it('answers htmx with a fragment that stands in the page word for word', async () => {
    const campaign = await insertCampaign(app.context.knex);
    await insertPosts(app.context.knex, campaign, [{ title: 'Ink' }]);
    const page = await viewer.get('/patreon/posts/').expect(200);
    const fragment = await viewer.get('/patreon/posts/', { 'HX-Request': 'true' }).expect(200);
    expect(fragment.text).not.toContain('<html');
    expect(page.text).toContain(fragment.text.trim());
  });
});
