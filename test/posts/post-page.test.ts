import { PatreonPost, postAudience } from '../../src/apps/posts/post.model';
import type { SignedInVisitor, TestApp } from '../support/app';
import { startTestApp } from '../support/app';
import { insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { sample } from '../support/scripted-patreon';

interface PostSample {
  data: { id: string; attributes: Record<string, unknown> };
}

const ATTRIBUTES = [
  'app_id',
  'app_status',
  'content',
  'embed_data',
  'embed_url',
  'is_paid',
  'is_public',
  'published_at',
  'tiers',
  'title',
  'url',
];

describe('GET /patreon/posts/{id}/', () => {
  let app: TestApp;
  let viewer: SignedInVisitor;
  let campaign: number;

  beforeAll(async () => {
    app = await startTestApp();
    viewer = await app.signInAs('viewer');
    campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop' });
    await insertTiers(app.context.knex, campaign, [{ patreon_id: '7000002', title: 'Inkwell' }]);
  });

  afterAll(() => app.close());

  const insert = async (values: Record<string, unknown>) =>
    (await insertPosts(app.context.knex, campaign, [values]))[0];
  const show = async (id: number | undefined) => readPage((await viewer.get(`/patreon/posts/${id}/`).expect(200)).text);

  it('carries every attribute of Patreon’s sample as it was sent', async () => {
    const { data } = sample<PostSample>('post.get.200');
    const page = await show(
      await insert({ ...data.attributes, embed_data: JSON.stringify(data.attributes.embed_data) }),
    );
    for (const [name, value] of Object.entries(data.attributes)) {
      const shown = page.field(name);
      if (value === null) expect([name, shown]).toEqual([name, '']);
      else if (typeof value === 'string') expect([name, shown]).toEqual([name, value]);
      else expect([name, JSON.parse(shown)]).toEqual([name, value]);
    }
  });

  it('shows every attribute that Patreon left empty as empty', async () => {
    const page = await show(await insert({}));
    expect(page.fields()).toEqual(Object.fromEntries(ATTRIBUTES.map((name) => [name, ''])));
    expect(page.text).toContain('Untitled post');
    expect(page.text).toContain('Patreon sends no text for this post');
  });

  it('tells an empty list of tiers from none', async () => {
    expect((await show(await insert({ tiers: [] }))).field('tiers')).toBe('[]');
    expect((await show(await insert({ tiers: ['1', '2'] }))).field('tiers')).toBe('["1","2"]');
  });

  it('keeps the microseconds of a time', async () => {
    const page = await show(await insert({ published_at: '2026-01-15T08:00:12.000123Z' }));
    expect(page.field('published_at')).toBe('2026-01-15T08:00:12.000123+00:00');
  });

  it('shows the content without what could act, in a place where htmx looks for nothing', async () => {
    const content = '<p onclick="x()">Safe<script>alert(1)</script><img src="https://t.test/p.png" alt="A heron"></p>';
    const page = await show(await insert({ content }));
    expect(page.html).toContain('hx-ignore><p>Safe<span class="muted">[Picture: A heron]</span></p></div>');
    expect(page.field('content')).toBe(content);
    expect(page.html).not.toContain('<script>alert');
  });

  it('names the tiers that may read it', async () => {
    const page = await show(await insert({ is_public: false, tiers: ['7000002', '404'] }));
    expect(page.text).toContain('Inkwell');
    expect(page.text).toContain('Tier 404');
  });

  it('leads to Patreon, resolving an address relative to its site', async () => {
    const page = await show(await insert({ url: '/quillworkshop/posts/heron-study-110000002' }));
    expect(page.html).toContain('href="https://www.patreon.com/quillworkshop/posts/heron-study-110000002"');
  });

  it('makes no link of an address that is not https', async () => {
    const page = await show(await insert({ url: 'javascript:alert(1)', embed_url: 'http://example.com/' }));
    expect(page.html).not.toMatch(/href="(javascript|http):/);
    expect(page.field('url')).toBe('javascript:alert(1)');
  });

  it('shows an embed as a link, never as its HTML', async () => {
    const page = await show(
      await insert({ embed_url: 'https://video.test/1', embed_data: { html: '<iframe src="x"></iframe>' } }),
    );
    expect(page.html).toContain('href="https://video.test/1"');
    expect(page.html).not.toContain('<iframe');
    expect(JSON.parse(page.field('embed_data'))).toEqual({ html: '<iframe src="x"></iframe>' });
  });

  it('says that a post is gone', async () => {
    const page = await show(await insert({ title: 'Left', gone_at: '2026-05-04T00:00:00Z' }));
    expect(page.text).toContain('Patreon no longer has this post. What you see is what it last told, on May 4, 2026.');
  });

  it.each(['0', '-1', 'abc', '1.5', '999999', '999999999999999', '1%27', '9999999999999999999999'])(
    'answers 404 for %s',
    async (id) => {
      await viewer.get(`/patreon/posts/${id}/`).expect(404);
    },
  );

  it('lets nobody in who is not signed in', async () => {
    expect((await app.visitor().get(`/patreon/posts/${await insert({})}/`)).status).toBe(303);
  });
});

describe('the audience of a post', () => {
  it.each([
    [{ is_public: true, tiers: [] }, 'public'],
    [{ is_public: true, tiers: ['1'] }, 'public'],
    [{ is_public: false, tiers: ['1'] }, 'tiers'],
    [{ is_public: null, tiers: ['1'] }, 'tiers'],
    [{ is_public: false, tiers: [] }, 'members'],
    [{ is_public: false, tiers: null }, 'members'],
    [{ is_public: null, tiers: [] }, 'unknown'],
    [{ is_public: null, tiers: null }, 'unknown'],
  ])('of %j is %s', (post, audience) => {
    expect(postAudience(PatreonPost.fromJson(post))).toBe(audience);
  });
});
