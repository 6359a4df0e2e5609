import TurndownService from 'turndown';
import { sanitizePatreonHtml } from './rich-text';

const turndown = new TurndownService({
  headingStyle: 'atx',
  hr: '---',
  bulletListMarker: '-',
  codeBlockStyle: 'fenced',
  emDelimiter: '*',
});

/** Foreign HTML as Markdown, of what our pages show of it: pictures become their description. */
export function htmlMarkdown(html: string | null, words: { picture: string }): string {
  return turndown.turndown(sanitizePatreonHtml(html, words)).trim();
}
