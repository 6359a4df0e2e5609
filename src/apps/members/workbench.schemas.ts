import { z } from 'zod';
import { plainText } from '../../http/parse';

const problem = (name: string) => `workbench:problem.${name}`;

/** White space is one space, and none at the ends. */
const words = (name: string, most: number) =>
  z
    .string(problem(name))
    .transform((text) => text.trim().replaceAll(/\s+/gu, ' '))
    .pipe(z.string().min(1, problem(name)).max(most, problem(name)).pipe(plainText));

const optionalText = (name: string, most: number) =>
  z.string(problem(name)).trim().max(most, problem(name)).pipe(plainText).default('');

const id = (name: string) =>
  z
    .string(problem(name))
    .regex(/^[1-9]\d{0,14}$/, problem(name))
    .transform(Number);

const empty = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const yesOrNo = z.enum(['true', 'false'], problem('flag')).transform((value) => value === 'true');
/** A box of a form: one that is not ticked is not sent. */
const flag = yesOrNo.optional().transform((value) => value ?? false);

export const labelForm = z.object({ label: words('label', 50) });
export const mergeForm = z.object({ into: id('into') });

export const listQueryText = z.string(problem('query')).max(4_000, problem('query')).pipe(plainText).default('');

export const viewForm = z.object({ name: words('viewName', 80), query: listQueryText, shared: flag, pinned: flag });
export const viewChange = z.object({
  name: empty(words('viewName', 80)),
  shared: yesOrNo.optional(),
  pinned: yesOrNo.optional(),
});

/** What staff may do with many members at once. */
export const CHOSEN_ACTIONS = ['add_label', 'remove_label', 'add_note', 'assign_follow_up'] as const;
export type ChosenAction = (typeof CHOSEN_ACTIONS)[number];

const memberIds = z
  .preprocess(
    (value) => (value === undefined ? [] : [value].flat()),
    z.array(id('selection'), problem('selection')).max(1_000, problem('selection')),
  )
  .transform((ids) => [...new Set(ids)]);

/** The same in an address, where one parameter names them all. */
export const pickedIds = z.object({
  ids: z.preprocess((text) => (text === '' ? undefined : typeof text === 'string' ? text.split(',') : text), memberIds),
});

/** Which members, and what is to be done with them. */
export const selectionForm = z.object({
  action: z.enum(CHOSEN_ACTIONS, problem('action')),
  scope: z.enum(['picked', 'matching'], problem('selection')).default('picked'),
  ids: memberIds,
  query: listQueryText,
});
export type SelectionForm = z.output<typeof selectionForm>;

/** Which members are to stand in a file. */
export const exportSelection = selectionForm.omit({ action: true });

/** What each action needs to know besides. */
export const actionForms = {
  add_label: labelForm,
  remove_label: z.object({ label_id: id('into') }),
  add_note: z.object({
    body: z.string(problem('body')).trim().min(1, problem('body')).max(10_000, problem('body')).pipe(plainText),
  }),
  assign_follow_up: z.object({
    owner_id: id('owner'),
    due_on: empty(
      z.iso.date(problem('dueOn')).refine((day) => day >= '1900-01-01' && day <= '2999-12-31', problem('dueOn')),
    ),
    task: optionalText('task', 500),
  }),
} as const;

export const requestKey = z.object({ request_key: z.uuid(problem('query')) });
