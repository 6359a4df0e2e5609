import MarkdownIt from 'markdown-it';
import { sanitizePatreonHtml } from './rich-text';

/** Raw HTML stays text; addresses become links. */
const markdown = new MarkdownIt('default', { html: false, linkify: true, breaks: true }).disable('table');

/** What staff wrote in Markdown as HTML that is safe to print raw; it passes the same sieve as Patreon's. */
export function renderMarkdown(text: string, words: { picture: string }): string {
  return sanitizePatreonHtml(markdown.render(text), words);
}
