import { postsJobs } from '../../src/apps/posts/posts.jobs';
import { runJob } from '../../src/jobs/run-job';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertPosts } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { walkList } from '../support/walk';

describe('searching posts', () => {
  let app: TestApp;
  let viewer: SignedInVisitor;
  let campaign: number;

  beforeAll(async () => {
    app = await startTestApp();
    viewer = await app.signInAs('viewer');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    campaign = await insertCampaign(app.context.knex, { name: 'Quill' });
  });
  afterEach(() => deleteCampaigns(app.context.knex));

  const insert = (posts: Record<string, unknown>[]) => insertPosts(app.context.knex, campaign, posts);
  const read = async (query: string) => readPage((await viewer.get(`/patreon/posts/?${query}`).expect(200)).text);
  const found = async (query: string) => {
    const page = await read(query);
    return page.total === 0 ? [] : page.rows('posts').map((row) => Number(row.id));
  };
  const search = (q: string) => found(new URLSearchParams({ q }).toString());

  async function speak(language: string): Promise<void> {
    const owner = await app.signInAs('owner');
    const answer = await owner.postForm(`/patreon/campaigns/${campaign}/edit/`, {
      search_language: language,
      is_scheduled: 'true',
    });
    expect(answer.status).toBe(303);
    const job = postsJobs.find(({ name }) => name === 'index-posts');
    if (!job) throw new Error('There is no such job');
    const run = { trigger: 'job', attempt: 1, signal: new AbortController().signal } as const;
    await runJob(app.context, job, { campaign_id: campaign }, run);
  }

  it('finds words of the text as well as of the title, without the markup', async () => {
    const [titled, told, neither] = await insert([
      { title: 'Heron plates' },
      { title: 'Letter', content: '<p>A <b>he</b>ron at the <a href="https://swan.test/">pond</a></p>' },
      { title: 'Owl', content: '<p class="heron">Nothing</p>' },
    ]);
    expect((await search('heron')).sort()).toEqual([titled, told].sort());
    expect(await search('swan')).toEqual([]);
    expect(await search('nothing')).toEqual([neither]);
  });

  it('takes the last word for the beginning of one while somebody types, and earlier ones whole', async () => {
    const [post] = await insert([{ title: 'Workshop letters', content: '<p>about kilns</p>' }]);
    expect(await search('workshop kil')).toEqual([post]);
    expect(await search('worksh kilns')).toEqual([]);
  });

  it('passes over accents and case', async () => {
    const [post] = await insert([{ title: 'Été à la Forêt' }]);
    for (const q of ['ete', 'FORET', 'forêt', 'Été']) expect([q, await search(q)]).toEqual([q, [post]]);
  });

  it('knows phrases, words to leave out, and alternatives', async () => {
    const [both, one, other] = await insert([
      { title: 'A', content: 'red kiln at night' },
      { title: 'B', content: 'kiln that is red' },
      { title: 'C', content: 'raven' },
    ]);
    expect(await search('"red kiln"')).toEqual([both]);
    expect(await search('kiln -night')).toEqual([one]);
    expect((await search('night or raven')).sort()).toEqual([both, other].sort());
  });

  it('finds words in their other forms once a campaign has a language', async () => {
    const [post] = await insert([{ title: 'Le cheval', content: '<p>Ils couraient.</p>' }]);
    expect(await search('chevaux courir')).toEqual([]);
    await speak('french');
    expect(await search('cheval courir')).toEqual([post]);
    expect(await search('coura')).toEqual([post]);
  });

  it('follows a post that changes, and forgets one that is deleted', async () => {
    const [post] = await insert([{ title: 'Heron', content: 'old words' }]);
    await app.context.knex('patreon_posts').where({ id: post }).update({ content: '<p>new sentence</p>' });
    expect([await search('old'), await search('sentence')]).toEqual([[], [post]]);
    await app.context.knex('patreon_posts').where({ id: post }).update({ gone_at: '2026-01-01' });
    expect(await search('sentence')).toEqual([]);
    expect(await found('q=sentence&gone=1')).toEqual([post]);
    await app.context.knex('patreon_posts').where({ id: post }).delete();
    expect(await app.context.knex('patreon_post_search').select('id')).toEqual([]);
  });

  it('leaves what it keeps alone when a post changes in something else', async () => {
    await insert([{ title: 'Heron', content: 'words' }]);
    const version = () => app.context.knex('patreon_post_search').select(app.context.knex.raw('xmin::text as version'));
    const before = await version();
    await app.context.knex('patreon_posts').update({ is_public: true, url: '/x' });
    expect(await version()).toEqual(before);
  });

  it('shows where the words stand, and nothing of it is markup but the marks', async () => {
    const content =
      '<p>1 &lt; 2 &amp; "3" \ue000 a heron &lt;img src=x onerror=alert(1)&gt; &amp;lt;script&amp;gt;</p>';
    await insert([{ title: 'A', content }]);
    const { html } = await read('q=heron');
    expect(html).toContain('<mark>heron</mark> &lt;img src=x onerror=alert(1)&gt; &amp;lt;script');
    expect(html).not.toMatch(/<img|<script>/);
  });

  it('puts what fits best first unless another order is chosen, page by page', async () => {
    const [told, titled] = await insert([
      { title: 'Letter', content: 'a heron', published_at: '2026-03-01' },
      { title: 'Heron, heron', content: 'heron', published_at: '2026-01-01' },
    ]);
    expect(await search('heron')).toEqual([titled, told]);
    expect(await found('q=heron&sort=-published')).toEqual([told, titled]);
    expect(await found('q=heron&sort=-relevance')).toEqual([titled, told]);
    expect(await found('')).toEqual([told, titled]);
    expect(await found('q=heron&sort=-relevance&audience=public')).toEqual([]);
    await insert(Array.from({ length: 120 }, (_, n) => ({ title: `Heron ${n}`, content: 'heron '.repeat(n % 7) })));
    const ranked = await walkList(viewer, 'posts', '/patreon/posts/?q=heron&sort=-relevance');
    expect([new Set(ranked.ids).size, ranked.pages]).toEqual([122, [50, 50, 22]]);
    expect(await walkList(viewer, 'posts', '/patreon/posts/?q=heron')).toEqual(ranked);
  });

  it('keeps dates first where more is found than can be ranked, so that all of it can be reached', async () => {
    await insert(Array.from({ length: 501 }, (_, n) => ({ title: `Heron ${n}` })));
    const { ids } = await walkList(viewer, 'posts', '/patreon/posts/?q=heron');
    expect(new Set(ids).size).toBe(501);
  });

  it('sends no order along with the words that somebody types, unless one was chosen', async () => {
    await insert([{ title: 'Heron' }]);
    const form = (html: string) =>
      html.slice(html.indexOf('id="post-filters"'), html.indexOf('id="post-filter-submit"'));
    expect(form((await read('')).html)).not.toContain('name="sort"');
    expect(form((await read('sort=title')).html)).toContain('name="sort" value="title"');
  });

  it('passes over an order by relevance where nothing is searched for', async () => {
    const [post] = await insert([{ title: 'A' }]);
    expect(await found('sort=-relevance&q=')).toEqual([post]);
  });

  it('finds titles in scripts that write no spaces by any part of them', async () => {
    const [post] = await insert([{ title: '夜の窯からの手紙' }]);
    expect(await search('窯')).toEqual([post]);
  });

  it.each(['!!!', '"', '-', ':*', "a' | b", '\\', '& | !', 'or', '"a', '()', '%', '<->'])(
    'answers %s without failing',
    async (q) => {
      await insert([{ title: 'Heron' }]);
      expect((await viewer.get(`/patreon/posts/?${new URLSearchParams({ q })}`)).status).toBe(200);
    },
  );

  it('stores posts of any length and oddity, and finds what begins them', async () => {
    const odd = Array.from({ length: 30_000 }, (_, n) => String.fromCodePoint(0x4e00 + (n % 20_000), 0x20000 + n)).join(
      ' ',
    );
    const [post] = await insert([
      { title: 'Long', content: `<p>begins ${odd}</p>` },
      { title: 'Angles', content: '<'.repeat(300_000) },
    ]);
    expect(await search('begins')).toEqual([post]);
  });

  describe('together with filters', () => {
    it('combines audience, billing, campaign and days', async () => {
      const [wanted] = await insert([
        { title: 'Heron', is_public: false, is_paid: true, published_at: '2026-03-31T23:30:00Z' },
        { title: 'Heron', is_public: true, is_paid: true, published_at: '2026-03-15' },
        { title: 'Heron', is_public: false, is_paid: false, published_at: '2026-03-15' },
        { title: 'Heron', is_public: false, is_paid: null, published_at: '2026-03-15' },
        { title: 'Owl', is_public: false, is_paid: true, published_at: '2026-03-15' },
        { title: 'Heron', is_public: false, is_paid: true, published_at: '2026-04-01' },
      ]);
      const query = 'q=heron&audience=members&paid=yes&published_from=2026-03-01&published_to=2026-03-31';
      expect(await found(`${query}&campaign=${campaign}`)).toEqual([wanted]);
      expect(await found(`${query}&sort=title`)).toEqual([wanted]);
      expect((await read(`${query}&campaign=${campaign}`)).total).toBe(1);
    });

    it('lets days begin and end by the clocks of the campaign that is asked for', async () => {
      const [late] = await insert([{ title: 'Late', published_at: '2026-03-31T23:30:00Z' }]);
      await app.context.knex('campaign_settings').insert({ campaign_id: campaign, time_zone: 'Asia/Tokyo' });
      expect(await found('published_to=2026-03-31')).toEqual([late]);
      expect(await found(`published_to=2026-03-31&campaign=${campaign}`)).toEqual([]);
      expect(await found(`published_from=2026-04-01&campaign=${campaign}`)).toEqual([late]);
      expect((await read(`campaign=${campaign}`)).rows('posts')[0]?.text).toContain('Apr 1, 2026');
    });

    it.each([
      ['published_from=2026-03-02&published_to=2026-03-01', 'The last day lies before the first one.'],
      ['published_from=2026-02-30', 'A day is written as year-month-day'],
      ['published_to=yesterday', 'A day is written as year-month-day'],
      ['paid=maybe', 'takes yes or no'],
      ['sort=-relevance&q=a&after=WyItcHVibGlzaGVkIixudWxsLDFd', 'page of the list'],
    ])('answers 400 to ?%s and says why', async (query, why) => {
      const answer = await viewer.get(`/patreon/posts/?${query}`);
      expect([answer.status, readPage(answer.text).text]).toEqual([400, expect.stringContaining(why)]);
    });
  });
});
