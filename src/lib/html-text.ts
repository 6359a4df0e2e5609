import sanitizeHtml from 'sanitize-html';

/** Tags that begin a new line. */
const BLOCKS = ['p', 'div', 'br', 'hr', 'li', 'ul', 'ol', 'blockquote', 'pre', 'tr', 'table', 'figure', 'figcaption'];
const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];
const BEYOND_NESTING = 50;

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };

/**
 * The words of foreign HTML, a line per block. Pictures, addresses and markup say nothing here. It is text, not HTML:
 * escape it when it is shown.
 */
export function htmlText(html: string | null): string {
  if (!html) return '';
  // What comes out holds the tags of this list without attributes; every other "<" is escaped.
  const bare = sanitizeHtml(html, {
    allowedTags: [...BLOCKS, ...HEADINGS],
    allowedAttributes: {},
    nestingLimit: BEYOND_NESTING,
  });
  return bare
    .replace(/<[^>]*>/g, '\n')
    .replace(/&(?:lt|gt|quot|amp);/g, (entity) => ENTITIES[entity] ?? entity)
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim();
}
