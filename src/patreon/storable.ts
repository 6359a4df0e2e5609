const MAX_DEPTH = 32;
/** Cheap first look, which nearly all text passes: the thorough pattern costs several times as much. */
const SUSPECT = /[\0\ud800-\udfff]/;

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Replaces what PostgreSQL cannot store in text: NUL and halves of surrogate pairs become U+FFFD. */
export function storableText(text: string): string {
  return SUSPECT.test(text) ? text.replace(/\0|\p{Surrogate}/gu, '\uFFFD') : text;
}

/**
 * The same for every key and string inside a parsed JSON value. Numbers that JSON cannot hold become text; what lies
 * deeper than 32 levels is replaced by a remark, because neither our stack nor PostgreSQL's is endless.
 */
export function storableJson(value: unknown, depth = 0): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (depth >= MAX_DEPTH) return '[nested too deeply]';
  if (Array.isArray(value)) return value.map((entry) => storableJson(entry, depth + 1));
  // fromEntries defines properties, so a key named __proto__ stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [storableText(key), storableJson(entry, depth + 1)]),
  );
}
