import { diffText, shortenParts } from '../../lib/text-diff';
import type { DraftContent } from './draft.model';
import { changedFields, type DraftField } from './draft-content';

/** Words that are marked word by word; other fields are named before and after. */
const TEXTS: readonly DraftField[] = ['title', 'content', 'notes'];

export interface FieldDifference {
  field: DraftField;
  isText: boolean;
  /** Of texts; null where too much differs to mark it. */
  parts: ReturnType<typeof shortenParts> | null;
  before: string;
  after: string;
}

/** One field of two versions, which read `words` to people. */
export function compareFields(
  field: DraftField,
  before: DraftContent,
  after: DraftContent,
  words: { before: string; after: string },
): FieldDifference {
  const isText = TEXTS.includes(field);
  const parts = isText ? diffText(String(before[field] ?? ''), String(after[field] ?? '')) : undefined;
  return { field, isText, parts: parts ? shortenParts(parts) : null, ...words };
}

/** All fields in which two versions differ. */
export function compareVersions(
  before: DraftContent,
  after: DraftContent,
  words: { before: Record<DraftField, string>; after: Record<DraftField, string> },
): FieldDifference[] {
  return changedFields(before, after).map((field) =>
    compareFields(field, before, after, { before: words.before[field], after: words.after[field] }),
  );
}
