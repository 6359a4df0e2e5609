import { parseMarkdown } from './markdown';

/** The words of Markdown, a line per block, without its pictures and addresses: what `htmlText` makes of its HTML. */
export function markdownText(text: string): string {
  const lines = parseMarkdown(text).map((block) => {
    if (block.type !== 'inline') return block.content;
    return (block.children ?? [])
      .filter(({ type }) => type !== 'image')
      .map(({ type, content }) => (type.endsWith('break') ? '\n' : content))
      .join('');
  });
  return lines
    .join('\n')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim();
}
