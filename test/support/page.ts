/** What a page says to a script that reads it: lists, totals, mirrored fields and the form token. */
export interface Page {
  html: string;
  /** Text without tags, white space collapsed. */
  text: string;
  /** Text of <title>. */
  title: string;
  /** The token of the page's forms, or undefined. */
  csrf: string | undefined;
  /** The number in `data-total`, or undefined. */
  total: number | undefined;
  /** Rows of the table with this `data-list`. @throws when the page has no such list. */
  rows(list: string): PageRow[];
  /** The `data-value` of a mirrored attribute. @throws when the page does not show it. */
  field(name: string): string;
  /** All of them by name. */
  fields(): Record<string, string>;
  /** Values of form fields by name: inputs, textareas and selected options. */
  values(): Record<string, string>;
  /** The address behind `rel="next"` or `rel="prev"`. */
  link(rel: string): string | undefined;
}

export interface PageRow {
  id: string;
  patreonId: string | undefined;
  /** Attributes of the <tr>. */
  attributes: Record<string, string>;
  text: string;
  html: string;
}

interface Tag {
  name: string;
  attributes: Record<string, string>;
  /** Where the tag begins and ends in the text. */
  start: number;
  end: number;
}

/** A tolerant reader of our own pages, which quote every attribute; not of any HTML. */
export function readPage(html: string): Page {
  const tags = readTags(html);
  const withAttribute = (name: string) => tags.filter((tag) => name in tag.attributes);
  const fields = () =>
    Object.fromEntries(
      withAttribute('data-field').map(({ attributes: a }) => [a['data-field'], a['data-value'] ?? '']),
    );
  return {
    html,
    text: textOf(html),
    title: textOf(/<title>([\s\S]*?)<\/title>/i.exec(html)?.[1] ?? ''),
    csrf: tags.find((tag) => tag.attributes.name === '_csrf')?.attributes.value,
    total: totalOf(withAttribute('data-total')[0]),
    rows: (list) => rowsOf(html, tags, list),
    fields,
    field(name) {
      const value = fields()[name];
      if (value === undefined) throw new Error(`The page shows no data-field="${name}"`);
      return value;
    },
    values: () => valuesOf(html, tags),
    link: (rel) => tags.find((tag) => tag.attributes.rel === rel)?.attributes.href,
  };
}

/** HTML to compare with that of another answer: the token of its forms is printed differently in each. */
export const withoutToken = (html: string): string => html.replaceAll(/(name="_csrf" value=")\w+/g, '$1');

function readTags(html: string): Tag[] {
  const tags: Tag[] = [];
  for (const match of html.matchAll(/<([a-z][\w-]*)((?:\s+[^\s=>"'/]+(?:="[^"]*")?)*)\s*\/?>/gi)) {
    const [whole, name = '', attributes = ''] = match;
    tags.push({
      name: name.toLowerCase(),
      attributes: readAttributes(attributes),
      start: match.index,
      end: match.index + whole.length,
    });
  }
  return tags;
}

function readAttributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([^\s=>"'/]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decode(value)]));
}

function rowsOf(html: string, tags: Tag[], list: string): PageRow[] {
  const table = tags.find((tag) => tag.attributes['data-list'] === list);
  if (!table) throw new Error(`The page has no list "${list}"`);
  const end = html.indexOf(`</${table.name}>`, table.end);
  const rows = tags.filter(
    (tag) => tag.name === 'tr' && 'data-id' in tag.attributes && tag.start > table.start && tag.start < end,
  );
  return rows.map(({ attributes, start }) => {
    const inner = html.slice(start, html.indexOf('</tr>', start));
    return {
      id: attributes['data-id'] ?? '',
      patreonId: attributes['data-patreon-id'],
      attributes,
      text: textOf(inner),
      html: inner,
    };
  });
}

function valuesOf(html: string, tags: Tag[]): Record<string, string> {
  const values: Record<string, string> = {};
  let select = '';
  for (const { name, attributes, end } of tags) {
    if (name === 'select') select = attributes.name ?? '';
    if (name === 'option' && 'selected' in attributes) values[select] = attributes.value ?? '';
    if (name === 'textarea' && attributes.name) {
      values[attributes.name] = decode(html.slice(end, html.indexOf('</textarea>', end)).replace(/^\n/, ''));
    }
    const chosen = !['checkbox', 'radio'].includes(attributes.type ?? '') || 'checked' in attributes;
    if (name === 'input' && attributes.name && chosen) values[attributes.name] = attributes.value ?? '';
  }
  return values;
}

function totalOf(tag: Tag | undefined): number | undefined {
  return tag && Number(tag.attributes['data-total']);
}

function textOf(html: string): string {
  const bare = html.replace(/<(script|style|title)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
  return decode(bare).replace(/\s+/g, ' ').trim();
}

function decode(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0' };
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return named[name] ?? whole;
  });
}
