import { z } from 'zod';
import { isObject } from './is-object';
import { type Json, storableJson, storableText } from './storable';
import { normaliseTimestamp } from './timestamp';

/** Bound on ids, which are unique keys in the mirror and parts of request paths. */
const ID_PATTERN = /^[\x21-\x7e]{1,200}$/;
const MAX_LINE_LENGTH = 800;
const MAX_INT32 = 2_147_483_647;

type ReadAttribute = (value: unknown) => unknown;

/** How each attribute is read, apart from what zod adds to tell what is wrong with it. */
const readers = new WeakMap<z.ZodType, ReadAttribute>();

/**
 * Schema of one attribute of a Patreon resource. Absent and null are both null; a value that `read` answers with
 * undefined is an issue, which rejects the record. Messages name what was expected, never the value.
 */
function attribute<T>(expected: string, read: (value: unknown) => T | undefined) {
  const schema = z
    .unknown()
    .optional()
    .transform((value, context): T | null => {
      if (value === undefined || value === null) return null;
      const result = read(value);
      if (result !== undefined) return result;
      context.addIssue({ code: 'custom', message: `expected ${expected}` });
      return z.NEVER;
    });
  readers.set(schema, read);
  return schema;
}

/**
 * Reads an object of such attributes: null when one of them is bad, which its schema then tells in words. Does what the
 * schema does with good ones, at a fifth of the cost: a page of members has 40,000 attributes.
 */
export function attributeReader<S extends z.ZodObject>({ shape }: S): (sent: unknown) => z.output<S> | null {
  const entries = Object.entries(shape).map(([name, schema]) => [name, readerOf(name, schema)] as const);
  return (sent) => {
    if (!isObject(sent)) return null;
    const attributes: Record<string, unknown> = {};
    for (const [name, read] of entries) {
      const value = sent[name];
      const result = value === undefined || value === null ? null : read(value);
      if (result === undefined) return null;
      attributes[name] = result;
    }
    return attributes as z.output<S>;
  };
}

function readerOf(name: string, schema: unknown): ReadAttribute {
  const read = readers.get(schema as z.ZodType);
  if (!read) throw new Error(`${name} is not an attribute of this file's kinds`);
  return read;
}

/** Text of any length: HTML, notes, addresses of pictures. */
export const text = attribute('text', (value) => (typeof value === 'string' ? storableText(value) : undefined));

/**
 * One line of text, such as a name or a title: at most 800 UTF-16 units, so that its UTF-8 form (2,400 bytes) fits an
 * index entry of PostgreSQL. What is longer is no name and is rejected.
 */
export const line = attribute('text of at most 800 characters', (value) =>
  typeof value === 'string' && value.length <= MAX_LINE_LENGTH ? storableText(value) : undefined,
);

/** Word of an enumeration. Patreon adds words without notice, so none is an error: store it and show it. */
export const word = line;

export const flag = attribute('true or false', (value) => (typeof value === 'boolean' ? value : undefined));

/** Whole number that JavaScript holds exactly; fits PostgreSQL's bigint. Money is in minor units of its currency. */
export const integer = attribute('an integer below 2^53', (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined,
);

/** Whole number that fits PostgreSQL's integer. */
export const count = attribute('an integer below 2^31', (value) =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_INT32 ? value : undefined,
);

/** Time as UTC, see `normaliseTimestamp`. */
export const timestamp = attribute('an ISO 8601 time', (value) =>
  typeof value === 'string' ? (normaliseTimestamp(value) ?? undefined) : undefined,
);

/** An object kept as Patreon sent it. */
export const jsonObject = attribute('an object', (value): { [key: string]: Json } | undefined => {
  const json = storableJson(value);
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
});

export const textList = attribute('a list of text', (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value.map(storableText) : undefined,
);

/** Ids as text. Numbers are accepted here alone: `post.tiers` has been described with both. */
export const idList = attribute('a list of ids', (value) => {
  if (!Array.isArray(value)) return undefined;
  const ids = value.map((entry) => (Number.isSafeInteger(entry) ? String(entry) : entry));
  return ids.every(isResourceId) ? [...new Set(ids)] : undefined;
});

/** Whether a value can be the id of a resource: text of 1 to 200 printable ASCII characters. */
export function isResourceId(value: unknown): value is string {
  return typeof value === 'string' && ID_PATTERN.test(value);
}
