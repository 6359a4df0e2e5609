import { z } from 'zod';
import { plainText } from '../../http/parse';
import { LONGEST, MOST_TAGS } from './draft-content';
import { DRAFT_STATES } from './draft-states';
import { isLocalTime } from './planned-time';

const problem = (name: string) => `drafts:problem.${name}`;

/** An empty field means that nothing was chosen. */
const emptyIsNull = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' || value === undefined ? null : value), schema.nullable());

/** Browsers send a line's end as two characters and count it as one. */
const text = (name: string, most: number) =>
  z
    .string(problem(name))
    .default('')
    .transform((value) => value.replaceAll('\r\n', '\n'))
    .pipe(plainText.max(most, problem(name)));

const line = (name: string, most: number) =>
  text(name, most).transform((value) => value.replaceAll(/\s+/g, ' ').trim());

/** A box that is not ticked is not sent. */
const box = z.preprocess((value) => value === 'true' || value === 'on' || value === '1', z.boolean());

const ROW_ID = /^[1-9]\d{0,14}$/;

const rowIdOf = (name: string) => z.string(problem(name)).regex(ROW_ID, problem(name)).transform(Number);

/** Messages belong to the field, not to one of its values. */
const tierIds = z
  .preprocess((value) => (value === undefined || value === '' ? [] : [value].flat()), z.array(z.unknown()))
  .refine((ids) => ids.length <= 500 && ids.every((id) => typeof id === 'string' && ROW_ID.test(id)), problem('tiers'))
  .transform((ids) => ids.map(Number));

/** Patreon's ids of tiers that the draft names and that we have not read: they have no row that could be named. */
const unreadTiers = z
  .preprocess((value) => (value === undefined || value === '' ? [] : [value].flat()), z.array(z.unknown()))
  .refine(
    (ids) => ids.length <= 500 && ids.every((id) => typeof id === 'string' && /^[\w-]{1,64}$/.test(id)),
    problem('tiers'),
  )
  .transform((ids) => ids as string[]);

const LONGEST_TAG = 50;
const tags = line('tags', 2_000)
  .transform((value) => [...new Set(value.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== ''))
  .refine((list) => list.length <= MOST_TAGS && list.every((tag) => tag.length <= LONGEST_TAG), problem('tags'));

/** Who is to see a post, as its form tells it. */
const audience = {
  is_public: box,
  min_cents_pledged_to_view: emptyIsNull(
    z
      .string(problem('min_cents_pledged_to_view'))
      .regex(/^\d{1,9}$/, problem('min_cents_pledged_to_view'))
      .transform(Number),
  ),
  tiers: tierIds,
  unread_tiers: unreadTiers,
};

export const audienceForm = z.object({ ...audience, campaign: rowIdOf('campaign') });

export const draftForm = z.object({
  ...audience,
  title: line('title', LONGEST.title),
  content: text('content', LONGEST.content),
  is_paid: box,
  planned_for: emptyIsNull(z.string(problem('planned_for')).refine(isLocalTime, problem('planned_for'))),
  tags,
  cover_id: emptyIsNull(rowIdOf('cover_id')),
  notes: text('notes', LONGEST.notes),
});

export type DraftFormValues = z.output<typeof draftForm>;

export const DRAFT_ACTIONS = ['save', 'ready', 'idea', 'draft'] as const;
export type DraftAction = (typeof DRAFT_ACTIONS)[number];
export const actionForm = z.object({
  action: z.enum(DRAFT_ACTIONS, problem('action')).default('save'),
  token: z.uuid().optional().catch(undefined),
});

const versionNumber = z
  .string(problem('version'))
  .regex(/^[1-9]\d{0,8}$/, problem('version'))
  .transform(Number);

export const versionForm = z.object({
  version: versionNumber,
  /** Of a form that decides about two texts: the version that both were written over. */
  began_with: versionNumber.optional().catch(undefined),
  /** Of the draft, as the form showed it. */
  state: z.enum(DRAFT_STATES).optional().catch(undefined),
});

const given = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

export const historyQuery = z.object({ before: given(versionNumber) });
export const comparisonQuery = z.object({ from: versionNumber, to: versionNumber });
