import { HOSTILE_MARKDOWN, nearlyRefused } from '../../src/bench/hostile-markdown';
import { layOutMarkdown, renderMarkdown } from '../../src/lib/markdown';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';

const WORDS = { picture: 'Picture' };
const isRefused = (text: string) => layOutMarkdown(text, WORDS).limit !== null;

describe('a hostile text of 100,000 characters', () => {
  it.each(Object.entries(HOSTILE_MARKDOWN))('is laid out small or refused: %s', (_name, text) => {
    const { html, limit } = layOutMarkdown(text, WORDS);
    if (limit) expect(html).toBeNull();
    else expect(String(html).length).toBeLessThan(1_000_000);
  });

  it.each(Object.entries(HOSTILE_MARKDOWN))('stays small as far as it is laid out: %s', (_name, text) => {
    const part = nearlyRefused(text, isRefused);
    expect(String(layOutMarkdown(part, WORDS).html).length).toBeLessThan(1_000_000);
  });

  it('does not become hundreds of megabytes by naming one address again and again', () => {
    const flood = `[a]: https://e.com/${'x'.repeat(20_000)}\n\n${'[a] '.repeat(1_500)}`;
    expect(layOutMarkdown(flood, WORDS)).toEqual({ html: null, limit: 'addresses' });
  });

  it('is shown as it was typed where somebody has to see it all the same', () => {
    const text = `<b>${'*a '.repeat(20_000)}`;
    const html = renderMarkdown(text, WORDS);
    expect(html.startsWith('<pre>&lt;b&gt;*a *a')).toBe(true);
    expect(html.length).toBeLessThan(text.length + 100);
  });
});

describe('a text that somebody wrote', () => {
  const paragraph =
    'We went to the **harbour** and drew the _boats_, [all of them](https://example.com/boats), until dusk.\n\n';

  it.each([
    ['100,000 characters of prose', paragraph.repeat(Math.floor(100_000 / paragraph.length))],
    ['a poem of 4,000 lines', 'a short line of a long poem\n'.repeat(3_500)],
    ['a list of 1,500 links', '- [a place on the web](https://example.com/a)\n'.repeat(1_100)],
    ['a program of 1,000 lines', `\`\`\`\n${'  const total = sum(list, (x) => x * 2);\n'.repeat(1_000)}\`\`\``],
  ])('is laid out: %s', (_what, text) => {
    expect(layOutMarkdown(text, WORDS).limit).toBeNull();
  });

  it('links addresses of https alone', () => {
    const { html } = layOutMarkdown('https://example.com/ http://example.com www.example.com a@example.com', WORDS);
    expect(html?.match(/<a /g)).toHaveLength(1);
  });
});

describe('the preview of such a text', () => {
  let app: TestApp;
  let editor: SignedInVisitor;
  beforeAll(async () => {
    app = await startTestApp();
    editor = await app.signInAs('editor');
  });
  afterAll(() => app.close());

  it.each([
    ['more than 10,000 marks', '['.repeat(100_000)],
    ['more than 5,000 lines', 'a\n'.repeat(50_000)],
    ['too many or too long addresses', 'https://a.b '.repeat(8_000)],
    ['longer than 100,000 characters', 'a'.repeat(100_001)],
  ])('is refused in words: %s', async (words, content) => {
    const { status, text } = await editor.postForm('/patreon/posts/preview/', { title: 'Flood', content });
    expect([status, text.includes(words)]).toEqual([422, true]);
  });
});
