import { sanitizePatreonHtml } from '../lib/rich-text';
import { resolveSiteUrl } from '../patreon/site-url';

/** How an attribute is shown to people; the raw value is printed beside it in any case. A `day` comes as its midnight in UTC. */
export type AttributeKind = 'text' | 'number' | 'money' | 'flag' | 'time' | 'day' | 'url' | 'list' | 'json' | 'html';

export interface MirroredAttribute {
  field: string;
  value: unknown;
  kind: AttributeKind;
  /** Where a `url` leads: absolute and https, or null. */
  href: string | null;
  /** What people read, where it is not told by the kind. */
  shown: string | null;
  /** Safe to print raw; of `html` alone. */
  html: string | null;
}

/** The attributes of one mirrored record in the order of `kinds`, for `shared/_attributes`. */
export function mirroredAttributes<T extends object>(
  record: T,
  kinds: { [K in keyof T]?: AttributeKind },
  words: { picture: string; shown?: { [K in keyof T]?: (value: string) => string } },
): MirroredAttribute[] {
  return (Object.entries(kinds) as [keyof T & string, AttributeKind][]).map(([field, kind]) => {
    const value = record[field];
    const text = typeof value === 'string' ? value : null;
    return {
      field,
      value,
      kind,
      shown: text === null ? null : (words.shown?.[field]?.(text) ?? null),
      href: kind === 'url' ? resolveSiteUrl(text) : null,
      html: kind === 'html' ? sanitizePatreonHtml(text, words) : null,
    };
  });
}
