import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';

describe('the versions of a post', () => {
  let app: TestApp;
  let viewer: SignedInVisitor;
  let campaign: number;
  let id: number;

  beforeAll(async () => {
    app = await startTestApp();
    viewer = await app.signInAs('viewer');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    campaign = await insertCampaign(app.context.knex, { name: 'Quill' });
    await insertTiers(app.context.knex, campaign, [{ patreon_id: '71', title: 'Inkwell' }]);
    const post = { title: 'Heron', content: '<p>A grey heron stood there.</p>', is_public: false, tiers: [] };
    [id = 0] = await insertPosts(app.context.knex, campaign, [post]);
  });
  afterEach(() => deleteCampaigns(app.context.knex));

  const change = (values: Record<string, unknown>) => app.context.knex('patreon_posts').where({ id }).update(values);
  const show = async (query = '') =>
    readPage((await viewer.get(`/patreon/posts/${id}/versions/${query}`).expect(200)).text);
  const kinds = (html: string) => [...html.matchAll(/data-kind="(\w+)"/g)].map(([, kind]) => kind);

  it('begin with the day on which the post was first seen', async () => {
    const page = await show();
    expect(kinds(page.html)).toEqual(['created']);
    expect(page.text).toMatch(/Recorded since .+\. What happened before that is not known\./);
  });

  it('mark the words that went and came, without the markup', async () => {
    await change({ content: '<p>A <em>white</em> heron stood there.</p><p>Alone.</p>' });
    const { html } = await show();
    expect(kinds(html)).toEqual(['changed', 'created']);
    expect(html).toMatch(/<del>.*grey.*<\/del>.*<ins>.*white.*<\/ins>/s);
    expect(html).toMatch(/<ins>.*Alone\..*<\/ins>/s);
    expect(html).not.toContain('&lt;em&gt;');
  });

  it('say so when the layout alone changed', async () => {
    await change({ content: '<div><b>A grey heron stood there.</b></div>' });
    expect((await show()).text).toContain('The layout or the pictures changed; the words are the same.');
  });

  it('tell changes of the audience in sentences, each as it was at the time', async () => {
    await change({ is_public: true });
    await change({ is_public: false, tiers: ['71', '404'] });
    await change({ tiers: [] });
    const { text } = await show();
    const told = [...text.matchAll(/Who may read it: ([^.]+)\./g)].map(([, words]) => words);
    expect(told).toEqual([
      'from Inkwell and Tier 404 to all patrons',
      'from everyone to Inkwell and Tier 404',
      'from all patrons to everyone',
    ]);
  });

  it('tell a new title, that it is billed, and that it went and came back', async () => {
    await change({ title: 'Heron & reed', is_paid: true });
    await change({ gone_at: '2026-01-01' });
    await change({ gone_at: null });
    const { text, html } = await show();
    expect(kinds(html)).toEqual(['returned', 'gone', 'changed', 'created']);
    expect(text).toContain('Heron & reed');
    expect(text).toContain('Patrons of a per-creation campaign are billed for it now.');
  });

  it('never show what a text hides as markup', async () => {
    await change({ title: '<img src=x onerror=alert(1)>', content: '<p>&lt;script&gt;alert(2)&lt;/script&gt;</p>' });
    const { html } = await show();
    expect(html).not.toMatch(/<img src=x|<script>alert/);
  });

  it('come ten to a page, each once, with the audience right across pages', async () => {
    for (let n = 0; n < 24; n += 1) await change({ title: `Heron ${n}`, is_public: n % 2 === 0 });
    const ids: string[] = [];
    let audiences = 0;
    for (let query: string | undefined = ''; query !== undefined; ) {
      const page: ReturnType<typeof readPage> = await show(query);
      ids.push(...[...page.html.matchAll(/data-version="(\d+)"/g)].map(([, version]) => String(version)));
      audiences += [...page.text.matchAll(/from (all patrons to everyone|everyone to all patrons)/g)].length;
      query = page.link('next')?.split('/versions/')[1];
    }
    expect([ids.length, new Set(ids).size, audiences]).toEqual([25, 25, 24]);
  });

  it('are found from the page of the post, and nowhere where there is none', async () => {
    expect((await viewer.get(`/patreon/posts/${id}/`)).text).toContain(`/patreon/posts/${id}/versions/`);
    await viewer.get('/patreon/posts/987654/versions/').expect(404);
    expect((await viewer.get(`/patreon/posts/${id}/versions/?before=x`)).status).toBe(200);
  });
});
