import { FOUND } from './post-search.model';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** An excerpt, which may begin and end anywhere, with what was found in `<mark>`; safe to print raw, because nothing else of it is markup. */
export function excerptHtml(excerpt: string | undefined): string {
  if (excerpt === undefined) return '';
  return `… ${excerpt.trim()} …`
    .replace(/\s+/g, ' ')
    .replace(/[&<>"']/g, (character) => ESCAPES[character] as string)
    .replaceAll(FOUND.begin, '<mark>')
    .replaceAll(FOUND.end, '</mark>');
}
