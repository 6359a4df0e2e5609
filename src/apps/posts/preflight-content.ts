import { parseMarkdown } from '../../lib/markdown';
import { markdownText } from '../../lib/markdown-text';

interface Picture {
  address: string;
  alt: string;
  line: number;
}

interface Link {
  address: string;
  words: string;
  line: number;
}

/** What preflight looks at in a draft's Markdown; lines count from 1. */
export interface ContentParts {
  text: string;
  firstParagraph: string;
  pictures: Picture[];
  links: Link[];
  markers: { marker: string; line: number }[];
}

/** What people leave in a text to come back to. Each is bounded, so that no text makes the search slow. */
const MARKERS =
  /(?<![\p{L}\p{N}_])(?:TODO|TBD|TBC|FIXME|XXX|À COMPLÉTER|À FAIRE|lorem ipsum)(?![\p{L}\p{N}_])|\[(?:…|\.{3})\]|\{\{[^{}\n]{0,80}\}\}/gu;

export function contentParts(markdown: string): ContentParts {
  const pictures: Picture[] = [];
  const links: Link[] = [];
  for (const { type, map, children } of parseMarkdown(markdown)) {
    if (type !== 'inline') continue;
    let line = (map?.[0] ?? 0) + 1;
    let open: Link | undefined;
    for (const part of children ?? []) {
      if (part.type.endsWith('break')) line += 1;
      if (part.type === 'link_open') {
        open = { address: String(part.attrGet('href') ?? ''), words: '', line };
        links.push(open);
      } else if (part.type === 'link_close') open = undefined;
      else if (part.type === 'image')
        pictures.push({ address: String(part.attrGet('src') ?? ''), alt: part.content.trim(), line });
      else if (open) open.words += part.content;
    }
  }
  const text = markdownText(markdown);
  return { text, firstParagraph: text.split('\n', 1)[0] ?? '', pictures, links, markers: leftMarkers(markdown) };
}

/** In the source, so that those in links and code are found as well. Case counts but for "lorem ipsum". */
export function leftMarkers(source: string): { marker: string; line: number }[] {
  return source.split('\n').flatMap((text, index) => {
    const spelled = text.replace(/lorem ipsum/gi, 'lorem ipsum');
    return [...spelled.matchAll(MARKERS)].map(([marker]) => ({ marker, line: index + 1 }));
  });
}
