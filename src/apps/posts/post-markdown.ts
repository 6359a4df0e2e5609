import sanitizeHtml from 'sanitize-html';
import TurndownService from 'turndown';
import { htmlText } from '../../lib/html-text';

/** Turning a text into Markdown holds the process up; a longer one is kept as words alone. */
const CONVERTED = 150_000;

const ALLOWED = {
  allowedTags: [
    ...['p', 'br', 'hr', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'pre', 'code', 'ul', 'ol', 'li'],
    ...['a', 'b', 'strong', 'i', 'em', 'img'],
  ],
  allowedAttributes: { a: ['href'], img: ['src', 'alt'] },
  allowedSchemes: ['https', 'http', 'mailto'],
  nestingLimit: 50,
};

const turndown = new TurndownService({
  headingStyle: 'atx',
  hr: '---',
  bulletListMarker: '-',
  codeBlockStyle: 'fenced',
});

/** Patreon's HTML as Markdown; pictures keep the address that they have on Patreon. Plain words where it is too long for that. */
export function markdownOf(html: string | null): { text: string; isPlain: boolean } {
  if (!html) return { text: '', isPlain: false };
  if (html.length <= CONVERTED) {
    try {
      return { text: turndown.turndown(sanitizeHtml(html, ALLOWED)), isPlain: false };
    } catch (error) {
      // Markup too strange for the converter must not cost the rest of the archive.
      if (!(error instanceof Error)) throw error;
    }
  }
  return { text: htmlText(html.slice(0, 2_000_000)), isPlain: true };
}

/** The head of a Markdown file. Each value is JSON, which YAML reads as what it is: no title can end the head early. */
export function frontMatter(values: Record<string, string | boolean | null | readonly string[]>): string {
  const lines = Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `---\n${lines.join('\n')}\n---\n`;
}

/** Letters, digits and dashes for a name in an archive, which every system takes; may be empty. Names that a system keeps for itself never stand alone. */
export function plainName(text: string, length = 60): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, length)
    .replace(/^-+|-+$/g, '');
}
