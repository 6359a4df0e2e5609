import { mayRead } from '../../src/apps/posts/post-preview';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertTiers } from '../support/campaign-factories';

const ADDRESS = '/patreon/posts/preview/';

let app: TestApp;
let editor: SignedInVisitor;
let campaign: number;
let inkwell: number;
let quill: number;

beforeAll(async () => {
  app = await startTestApp();
  editor = await app.signInAs('editor');
  campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop', currency: 'EUR' });
  [inkwell, quill] = (await insertTiers(app.context.knex, campaign, [
    { patreon_id: '11', title: 'Inkwell', amount_cents: 300 },
    { patreon_id: '12', title: 'Quill', amount_cents: 900 },
  ])) as [number, number];
});
afterAll(() => app.close());

const preview = (fields: Record<string, string | string[]>) => editor.postForm(ADDRESS, fields);
const seen = (fields: Record<string, string | string[]>) =>
  preview({ title: 'Ink', content: 'The **secret** recipe', campaign: String(campaign), ...fields });

describe('a preview', () => {
  it('answers a fragment: the title as text, the Markdown laid out', async () => {
    const { status, text } = await preview({
      title: 'Ink & <b>paper</b>',
      content:
        '# Head\n\nSome **bold** and *light* words\n\n- one\n\n1. first\n\n> said\n\n`x < y`\n\n---\n\n[site](https://example.com/)',
    });
    expect(status).toBe(200);
    expect(text).not.toMatch(/<html|<script/);
    expect(text).toContain('Ink &amp; &lt;b&gt;paper&lt;/b&gt;');
    for (const part of [
      '<h3>Head</h3>',
      '<strong>bold</strong>',
      '<em>light</em>',
      '<ul>',
      '<ol>',
      '<blockquote>',
      '<hr />',
    ])
      expect(text).toContain(part);
    expect(text).toContain('<code>x &lt; y</code>');
    expect(text).toContain('<a href="https://example.com/" rel="noopener noreferrer nofollow">site</a>');
  });

  it('is a page of its own for browsers without scripts', async () => {
    const { status, text } = await preview({ title: 'Ink', content: 'Words', page: 'true' });
    expect([status, text.includes('<html'), text.includes('class="preview"')]).toEqual([200, true, true]);
  });

  it('shows pictures of ours and describes all others', async () => {
    const { text } = await preview({
      title: '',
      content: '![A heron](/patreon/posts/pictures/7/) ![A crow](https://other.test/crow.png)',
    });
    expect(text).toContain('<img src="/patreon/posts/pictures/7/" alt="A heron" />');
    expect(text).toContain('[Picture: A crow]');
    expect(text).not.toContain('other.test');
  });

  it('says that nothing is written yet', async () => {
    expect((await preview({ title: '', content: '  \n' })).text).toContain('Nothing is written yet');
  });

  it('shows a public post to everybody', async () => {
    for (const as of ['reader', 'public', 'member', String(inkwell)])
      expect((await seen({ as, is_public: 'true' })).text).toContain('<strong>secret</strong>');
  });

  it('shows a locked title, without a word of the text, to whoever may not read it', async () => {
    const { text } = await seen({ as: String(inkwell), tiers: [String(quill)] });
    expect(text).toContain('data-locked="true"');
    expect(text).toContain('Ink');
    expect(text).toContain('Quill');
    expect(text).not.toContain('secret');
  });

  it('opens a post for the tiers that it names', async () => {
    expect((await seen({ as: String(quill), tiers: [String(quill)] })).text).toContain('secret');
    expect((await seen({ as: 'member', tiers: [String(quill)] })).text).not.toContain('secret');
    expect((await seen({ as: 'reader', tiers: [String(quill)] })).text).toContain('secret');
  });

  it('tells the least pledge that opens it, with the campaign’s currency', async () => {
    const { text } = await seen({ as: String(inkwell), min_cents_pledged_to_view: '500' });
    expect(text).toContain('€5');
    expect((await seen({ as: String(quill), min_cents_pledged_to_view: '500' })).text).toContain('secret');
  });

  it('shows what it can of a form that is not right yet', async () => {
    const { status, text } = await seen({ as: 'nobody', min_cents_pledged_to_view: '-1', tiers: ['x'], campaign: '0' });
    expect([status, text.includes('secret')]).toEqual([200, true]);
  });

  it('refuses a title that is too long and characters that cannot be stored, in words', async () => {
    const long = await preview({ title: 'a'.repeat(301), content: 'x' });
    expect([long.status, long.text.includes('at most 300 characters')]).toEqual([422, true]);
    const nul = await preview({ title: 'a', content: 'x\0y' });
    expect([nul.status, nul.text.includes('cannot be stored')]).toEqual([422, true]);
  });

  it('is for those who write', async () => {
    const viewer = await app.signInAs('viewer');
    expect((await viewer.postForm(ADDRESS, { title: '', content: '' })).status).toBe(403);
  });
});

describe('who may read a post', () => {
  const choice = { is_public: false, tiers: [] as string[], min_cents_pledged_to_view: null };
  const tier = (patreon_id: string, amount_cents: number | null) => ({ patreon_id, amount_cents });

  it.each([
    ['a stranger, a post for members', choice, 'public', false],
    ['a member, a post for members', choice, 'member', true],
    ['a member of a free tier, a post for members', choice, tier('1', 0), false],
    ['a member of a free tier that is named', { ...choice, tiers: ['1'] }, tier('1', 0), true],
    ['a member of another tier', { ...choice, tiers: ['1'] }, tier('2', 900), false],
    [
      'a tier that is named but below the least pledge',
      { ...choice, tiers: ['1'], min_cents_pledged_to_view: 500 },
      tier('1', 300),
      false,
    ],
    ['a tier at the least pledge', { ...choice, min_cents_pledged_to_view: 500 }, tier('1', 500), true],
    ['a member of whom no amount is known', { ...choice, min_cents_pledged_to_view: 500 }, 'member', false],
    ['anybody, when it is public besides', { ...choice, is_public: true, tiers: ['1'] }, 'public', true],
  ] as const)('%s', (_who, asked, reader, expected) => {
    expect(mayRead({ ...asked, tiers: [...asked.tiers] }, reader)).toBe(expected);
  });
});
