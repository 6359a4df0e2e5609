import { createHash } from 'node:crypto';

/** Where a form of a plan says what it showed in a field. */
export const shownName = <F extends string>(field: F) => `shown_${field}` as const;

/** Of what a form shows in a field; browsers send the ends of lines as they like. */
export function shownDigest(value: unknown): string {
  const text = String(value ?? '')
    .replace(/\r\n?/g, '\n')
    .trim();
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/**
 * Without the fields that still hold what the form showed: whoever left them as they were says nothing about them, whatever
 * Patreon or a colleague has made of them since. A form that does not tell what it showed means all that it sends.
 */
export function touchedFields<T extends object>(given: T, body: Record<string, unknown>): Partial<T> {
  const isTouched = (field: string) => body[shownName(field)] !== shownDigest(body[field]);
  const entries = Object.entries(given).filter(([field]) => isTouched(field));
  return Object.fromEntries(entries) as Partial<T>;
}
