import MarkdownIt, { type Token } from 'markdown-it';
import { type RichTextWords, sanitizePatreonHtml } from './rich-text';

/** Raw HTML stays text; addresses of https become links, as nothing else survives the sanitiser. */
const markdown = new MarkdownIt('default', { html: false, linkify: true, breaks: true }).disable('table');
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
for (const scheme of ['http:', 'ftp:', 'mailto:', '//']) markdown.linkify.add(scheme, null);
const paragraphs = new MarkdownIt('zero');

/** Why a text is not laid out: far beyond what a post holds, and slow to read for whoever asked for it and everybody else. */
export const MARKDOWN_LIMITS = { length: 100_000, lines: 5_000, marks: 10_000, addresses: 2_000 } as const;
export type MarkdownLimit = keyof typeof MARKDOWN_LIMITS;

export type RenderedMarkdown = { html: string; limit: null } | { html: null; limit: MarkdownLimit };

/**
 * What staff wrote in Markdown as HTML that is safe to print raw: it passes the same sieve as Patreon's, but for pictures
 * of ours. A text beyond a limit is not laid out but shown as it was typed.
 */
export function renderMarkdown(text: string, words: RichTextWords): string {
  return layOutMarkdown(text, words).html ?? `<pre>${markdown.utils.escapeHtml(text)}</pre>`;
}

/** The same, which tells the limit that the text is beyond of instead. Takes no more than the limits allow. */
export function layOutMarkdown(text: string, words: RichTextWords): RenderedMarkdown {
  const limit = limitReached(text);
  if (limit) return { html: null, limit };
  const environment = {};
  const tokens = markdown.parse(text, environment);
  const { count, addresses } = sizeOf(tokens);
  if (count > MOST_TOKENS) return { html: null, limit: 'marks' };
  // One definition of an address may be named thousands of times.
  if (addresses > MAX_ADDRESS_LENGTH) return { html: null, limit: 'addresses' };
  const html = markdown.renderer.render(tokens, markdown.options, environment);
  return { html: sanitizePatreonHtml(html, words, { ownPictures: true }), limit: null };
}

/** The blocks of a text, for whoever reads it instead of showing it; of one that is beyond a limit its paragraphs alone. */
export function parseMarkdown(text: string): Token[] {
  return (limitReached(text) ? paragraphs : markdown).parse(text, {});
}

const MOST_TOKENS = 30_000;
const MAX_ADDRESS_LENGTH = 400_000;

function sizeOf(tokens: Token[]): { count: number; addresses: number } {
  const size = { count: tokens.length, addresses: 0 };
  for (const { attrs, children } of tokens) {
    for (const [, value] of attrs ?? []) size.addresses += String(value).length;
    if (!children) continue;
    const inner = sizeOf(children);
    size.count += inner.count;
    size.addresses += inner.addresses;
  }
  return size;
}

/** Characters that begin something in Markdown: what reading it costs grows with their number. */
const MARKS = new Set([...'*_[]!`~<>&#+-\\|:^="'].map((character) => character.charCodeAt(0)));
const NEWLINE = 10;

function limitReached(text: string): MarkdownLimit | null {
  if (text.length > MARKDOWN_LIMITS.length) return 'length';
  const counts = { lines: 0, marks: 0, addresses: text.split('://').length };
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) counts.lines += 1;
    else if (MARKS.has(code)) counts.marks += 1;
  }
  const names = Object.keys(counts) as (keyof typeof counts)[];
  return names.find((name) => counts[name] > MARKDOWN_LIMITS[name]) ?? null;
}
