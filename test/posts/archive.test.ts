import { createHash } from 'node:crypto';
import type { Response } from 'supertest';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { zipEntries } from '../support/zip-entries';
import { insertDraft } from './draft-factories';

/** Collects the bytes of an answer, whatever they are. */
function bytesOf(res: Response, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  const stream = res as unknown as NodeJS.ReadableStream;
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => done(null, Buffer.concat(chunks)));
}

describe('an archive of posts', () => {
  let app: TestApp;
  let viewer: SignedInVisitor;
  let campaign: number;

  beforeAll(async () => {
    app = await startTestApp();
    viewer = await app.signInAs('viewer');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    campaign = await insertCampaign(app.context.knex, { name: 'Quill & Co' });
    await insertTiers(app.context.knex, campaign, [{ patreon_id: '71', title: 'Inkwell' }]);
  });
  afterEach(() => deleteCampaigns(app.context.knex));

  const insert = (posts: Record<string, unknown>[]) => insertPosts(app.context.knex, campaign, posts);
  const knex = (table: string) => app.context.knex(table);

  async function download(query = ''): Promise<Map<string, Buffer>> {
    const token = await viewer.csrf();
    const answer = await viewer.agent
      .post(`/patreon/posts/export/${query}`)
      .type('form')
      .send({ _csrf: token })
      .buffer(true)
      .parse(bytesOf)
      .expect(200);
    expect(answer.headers['content-type']).toBe('application/zip');
    return zipEntries(answer.body as Buffer);
  }
  const markdown = (entries: Map<string, Buffer>) =>
    new Map([...entries].filter(([name]) => name.endsWith('.md')).map(([name, bytes]) => [name, bytes.toString()]));

  it('holds each post as Markdown with its facts at the head', async () => {
    await insert([
      {
        patreon_id: '110',
        title: 'Heron "study": №1',
        content:
          '<h2>Plates</h2><p>A <strong>grey</strong> <a href="https://x.test/a">heron</a>.</p><ul><li>One</li></ul>',
        is_public: false,
        is_paid: true,
        tiers: ['71', '404'],
        url: '/posts/110',
        published_at: '2026-01-15T08:00:00Z',
      },
    ]);
    const entries = markdown(await download());
    const name = `quill-co-${campaign}/2026-01-15-heron-study-no1-110.md`;
    expect([...entries.keys()]).toEqual([name]);
    const text = entries.get(name) ?? '';
    expect(text).toContain('---\ntitle: "Heron \\"study\\": №1"\ndate: "2026-01-15T08:00:00');
    expect(text).toContain(
      'url: "https://www.patreon.com/posts/110"\naudience: "tiers"\ntiers: ["Inkwell","404"]\npaid: true\n',
    );
    expect(text).toContain('\n---\n\n## Plates\n\nA **grey** [heron](https://x.test/a).\n\n-   One\n');
  });

  it('names Patreon’s pictures with their address, and says so', async () => {
    await insert([
      { content: '<p><img src="https://c10.patreonusercontent.test/p.png?token-time=1" alt="A heron"></p>' },
    ]);
    const entries = await download();
    expect([...markdown(entries).values()][0]).toContain(
      '![A heron](https://c10.patreonusercontent.test/p.png?token-time=1)',
    );
    expect(entries.get('README.txt')?.toString()).toContain('Pictures that Patreon keeps are not in the archive');
  });

  it('brings the pictures and tags that were handed off, not those of a revision that is being written', async () => {
    const [post] = await insert([{ patreon_id: '5', title: 'Owl' }]);
    const bytes = Buffer.from('a picture');
    const sha256 = createHash('sha256').update(bytes).digest();
    const picture = { campaign_id: campaign, sha256, content_type: 'image/png', bytes, width: 1, height: 1 };
    const [{ id }] = await knex('post_pictures').insert(picture).returning('id');
    const text = { content: `![An owl](/patreon/posts/pictures/${id}/)`, tags: ['birds'] };
    const draftId = await insertDraft(app.context.knex, campaign, { post_id: post, handed_off_version: 1, ...text });
    await knex('post_drafts')
      .where({ id: draftId })
      .update({ version: 2, content: 'Soon', tags: ['secret'] });
    const entries = await download(`?post=${post}`);
    expect([...entries.keys()]).toEqual([
      `quill-co-${campaign}/owl-5.md`,
      `quill-co-${campaign}/owl-5/01-an-owl.png`,
      'README.txt',
    ]);
    expect(entries.get(`quill-co-${campaign}/owl-5/01-an-owl.png`)).toEqual(bytes);
    expect(entries.get(`quill-co-${campaign}/owl-5.md`)?.toString()).toContain('tags: ["birds"]');
  });

  it.each(['../../etc/passwd', 'CON', 'a/b\\c:d*e?', '.', '', '\u202ex', '窯'.repeat(200), '---\nend: 1'])(
    'makes a plain file of a post that is called %j',
    async (title) => {
      await insert([{ patreon_id: '9', title, content: '<p>x</p>' }]);
      const [[name = '', text = ''] = []] = markdown(await download());
      expect(name).toMatch(/^quill-co-\d+\/([a-z0-9]+(-[a-z0-9]+)*-)?9\.md$/);
      expect(text.split('\n---\n')).toHaveLength(2);
    },
  );

  it('holds exactly what the list shows', async () => {
    await insert([
      { title: 'Heron', is_public: true, published_at: '2026-03-01' },
      { title: 'Heron', is_public: false, published_at: '2026-02-01' },
      { title: 'Owl', is_public: true, published_at: '2026-01-01' },
      { title: 'Heron', is_public: true, gone_at: '2026-01-01' },
    ]);
    const query = '?q=heron&audience=public&sort=-relevance';
    const page = readPage((await viewer.get(`/patreon/posts/${query}`)).text);
    const offer = readPage((await viewer.get(`/patreon/posts/export/${query}`).expect(200)).text);
    expect([page.total, offer.total, markdown(await download(query)).size]).toEqual([1, 1, 1]);
  });

  it('of hundreds of posts holds every one once', async () => {
    await insert(
      Array.from({ length: 230 }, (_, n) => ({
        title: 'Same',
        content: `<p>${n}</p>`,
        published_at: n % 3 ? '2026-01-01' : null,
      })),
    );
    const texts = [...markdown(await download()).values()];
    expect(new Set(texts.map((text) => /\n(\d+)\n$/.exec(text)?.[1])).size).toBe(230);
  });

  it.each([
    ['deep', '<b>'.repeat(20_000)],
    ['long', `<p>${'word '.repeat(60_000)}</p>`],
    ['broken', '<p <p <a href="x'.repeat(5_000)],
  ])('keeps the words of a post whose markup is %s', async (_kind, content) => {
    await insert([{ title: 'Odd', content: `${content}the end` }]);
    expect(markdown(await download()).size).toBe(1);
  });

  it('is told to the audit log before it leaves, without what was searched for', async () => {
    await insert([{ title: 'Heron' }]);
    await download('?q=heron&audience=');
    const entry = await knex('audit_entries').where({ action: 'post.archived' }).orderBy('id', 'desc').first();
    expect([entry.staff_id, entry.details]).toEqual([viewer.staff.id, { query: `q=${encodeURIComponent('…')}` }]);
  });

  it('refuses a query that the list would refuse, and a post that is not there', async () => {
    expect((await viewer.get('/patreon/posts/export/?audience=x')).status).toBe(400);
    expect((await viewer.postForm('/patreon/posts/export/?paid=x')).status).toBe(400);
    expect((await viewer.get('/patreon/posts/export/?post=987654')).status).toBe(404);
    expect((await viewer.postForm('/patreon/posts/export/?post=x')).status).toBe(404);
    expect((await viewer.postForm('/patreon/posts/export/?post=1&post=2')).status).toBe(404);
  });
});
