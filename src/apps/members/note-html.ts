import MarkdownIt from 'markdown-it';
import { sanitizePatreonHtml } from '../../lib/rich-text';

// The rules of CommonMark without pictures; a line break stays one, because notes are jotted down.
const markdown = new MarkdownIt('commonmark', { html: false, linkify: true, breaks: true })
  .enable(['linkify', 'strikethrough'])
  .disable('image');

/** The words of a note in one line, without its markup. */
export function noteText(body: string): string {
  return markdown
    .parse(body, {})
    .map((block) =>
      (block.children ?? [block]).map(({ type, content }) => (type.endsWith('break') ? ' ' : content)).join(''),
    )
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A note as HTML that is safe to print: sanitised like everything foreign, so links lead to https alone. */
export function noteHtml(body: string): string {
  return sanitizePatreonHtml(markdown.render(body));
}
