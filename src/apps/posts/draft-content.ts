import type { DraftContent } from './draft.model';

/** What a version keeps, in the order in which pages show it. */
export const DRAFT_FIELDS = [
  'title',
  'content',
  'is_public',
  'tiers',
  'min_cents_pledged_to_view',
  'is_paid',
  'planned_for',
  'tags',
  'cover_id',
  'notes',
] as const satisfies readonly (keyof DraftContent)[];
export type DraftField = (typeof DRAFT_FIELDS)[number];

/** Characters, as the columns allow them. */
export const LONGEST = { title: 300, content: 100_000, notes: 10_000 } as const;
export const MOST_TAGS = 20;

export const EMPTY_CONTENT: DraftContent = {
  title: '',
  content: '',
  is_paid: false,
  is_public: false,
  min_cents_pledged_to_view: null,
  tiers: [],
  planned_for: null,
  tags: [],
  cover_id: null,
  notes: '',
};

/** These fields of a row, and nothing else of it. */
export function pickFields(row: DraftContent, fields: readonly DraftField[]): Partial<DraftContent> {
  return Object.fromEntries(fields.map((field) => [field, row[field]]));
}

export function contentOf(row: DraftContent): DraftContent {
  return { ...EMPTY_CONTENT, ...pickFields(row, DRAFT_FIELDS) };
}

/** Tiers have no order; the same moment can be written in several ways. */
function comparable(row: DraftContent, field: DraftField): string {
  if (field === 'tiers') return JSON.stringify([...row.tiers].sort());
  if (field === 'planned_for') return row.planned_for === null ? '' : String(Date.parse(row.planned_for));
  return JSON.stringify(row[field]);
}

export function changedFields(before: DraftContent, after: DraftContent): DraftField[] {
  return DRAFT_FIELDS.filter((field) => comparable(before, field) !== comparable(after, field));
}

export interface MergedContent {
  /** Theirs, with everything in it that only I changed. */
  content: DraftContent;
  /** What they alone changed. */
  taken: DraftField[];
  /** What both changed, and not to the same. */
  conflicts: DraftField[];
}

/** Brings two texts together that began as one. Without a base nobody knows who changed what: all differences are conflicts. */
export function mergeContent(base: DraftContent | undefined, mine: DraftContent, theirs: DraftContent): MergedContent {
  const different = changedFields(mine, theirs);
  const byMe = base ? changedFields(base, mine) : different;
  const byThem = base ? changedFields(base, theirs) : different;
  const conflicts = different.filter((field) => byMe.includes(field) && byThem.includes(field));
  const kept = different.filter((field) => byMe.includes(field) && !conflicts.includes(field));
  const taken = different.filter((field) => !byMe.includes(field));
  return { content: { ...contentOf(theirs), ...pickFields(mine, kept) }, taken, conflicts };
}
