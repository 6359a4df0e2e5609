import { applyPatch, type Change, diffLines, diffWordsWithSpace, structuredPatch } from 'diff';

export interface TextPart {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/** Beyond that, marking words takes long and helps nobody: lines are marked instead. */
const WORDS = { maxEditLength: 1_500, timeout: 100 } as const;
const LINES = { maxEditLength: 5_000, timeout: 100 } as const;

/**
 * What went and what came between two texts, word by word; line by line where that is too much. Undefined for texts that
 * have next to nothing in common. The parts that are `same` or `added` are the text after, to the letter.
 */
export function diffText(before: string, after: string): TextPart[] | undefined {
  const changes = diffWordsWithSpace(before, after, WORDS) ?? diffLines(before, after, LINES);
  return changes?.map(({ value, added, removed }: Change) => ({
    kind: added ? 'added' : removed ? 'removed' : 'same',
    text: value,
  }));
}

/**
 * Makes the changes that led from `base` to `mine` in `theirs`, line by line. Undefined where both changed the same lines
 * or their neighbours.
 */
export function mergeLines(base: string, mine: string, theirs: string): string | undefined {
  const patch = structuredPatch('', '', base, mine, undefined, undefined, { context: 2, ...LINES });
  return (patch && applyPatch(theirs, patch)) || undefined;
}

const AROUND = 200;

/** Shortens what is the same, so that the differences of a long text can be found: `left` characters are left out. */
export function shortenParts(parts: readonly TextPart[]): (TextPart | { kind: 'left'; left: number })[] {
  return parts.flatMap((part, place): (TextPart | { kind: 'left'; left: number })[] => {
    const head = place === 0 ? 0 : AROUND;
    const tail = place === parts.length - 1 ? 0 : AROUND;
    const left = part.text.length - head - tail;
    if (part.kind !== 'same' || left < AROUND) return [part];
    const start = wholeCharacters(part.text, head);
    const end = wholeCharacters(part.text, part.text.length - tail);
    return [
      { kind: 'same', text: part.text.slice(0, start) },
      { kind: 'left', left: end - start },
      { kind: 'same', text: part.text.slice(end) },
    ];
  });
}

/** Half of a surrogate pair is no text. */
function wholeCharacters(text: string, place: number): number {
  return /[\uDC00-\uDFFF]/.test(text.charAt(place)) ? place - 1 : place;
}
