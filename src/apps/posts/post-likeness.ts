/** What editors and browsers change by themselves says nothing: quotes, dashes, kinds of space, compatibility forms. */
export function plainForm(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[‘’‚‛′]/g, "'")
    .replace(/[“”„‟″«»]/g, '"')
    .replace(/[‐-―−]/g, '-')
    .replace(/…/g, '...')
    .replace(/[\u00ad\u200b-\u200d\u2060\ufeff]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

export const isSameText = (one: string, other: string): boolean => plainForm(one) === plainForm(other);

/** Titles are the same whatever their case; an empty one is like no other. */
export function isSameTitle(one: string, other: string): boolean {
  const title = plainForm(one).toLowerCase();
  return title !== '' && title === plainForm(other).toLowerCase();
}

/** Beyond so many words the rest does not change what a text is. */
const WORDS = 20_000;
const RUN = 3;

/** The runs of three words in a text, to be compared with many others. */
export function wordRuns(text: string): Set<string> {
  const words =
    plainForm(text)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, WORDS) ?? [];
  if (words.length < RUN) return new Set(words);
  return new Set(words.slice(RUN - 1).map((_word, index) => words.slice(index, index + RUN).join(' ')));
}

/** Share of what two texts have in common, 0 to 1 (Dice); null where one of them has no words. */
export function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number | null {
  if (one.size === 0 || other.size === 0) return null;
  const [few, many] = one.size < other.size ? [one, other] : [other, one];
  let common = 0;
  for (const run of few) if (many.has(run)) common += 1;
  return (2 * common) / (one.size + other.size);
}
