import { z } from 'zod';
import { plainText } from '../../http/parse';
import { decodePosition, TIMELINE_SOURCES, type TimelinePosition } from './timeline-merge';

const problem = (name: string) => `dossier:problem.${name}`;

/** An empty field means that nothing was asked for. */
const given = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** Where the list's own query is checked later: a wrong one costs the way back, not the page. */
const list = z.string().max(4_000).optional().catch(undefined);

/** What the page of one member takes. */
export const dossierQuery = (now: Date) =>
  z.object({
    /** A day of the past. */
    as_of: given(
      z.iso
        .date('members:problem.asOf')
        .refine((day) => day <= now.toISOString().slice(0, 10), 'members:problem.future'),
    ),
    /** Where a page of the timeline begins. */
    before: given(z.string('list:problem.page').max(1_000, 'list:problem.page').transform(toPosition)),
    show: given(z.enum(TIMELINE_SOURCES, problem('show'))),
    months: given(z.enum(['all'], problem('months'))),
    /** The query of the list that one came from. */
    list,
  });

export type DossierQuery = z.output<ReturnType<typeof dossierQuery>>;

function toPosition(text: string, ctx: z.RefinementCtx): TimelinePosition {
  const position = decodePosition(text);
  if (position) return position;
  ctx.addIssue({ code: 'custom', message: 'list:problem.page' });
  return z.NEVER;
}

export const returnTo = z.object({ list });

const text = (name: string, most: number) =>
  z
    .string(problem(name))
    // Browsers send a line's end as two characters and count it as one.
    .transform((value) => value.replaceAll('\r\n', '\n').trim())
    .pipe(z.string().max(most, problem(name)).pipe(plainText));

const flag = z.enum(['true', 'false'], problem('flag')).transform((value) => value === 'true');

export const noteForm = z.object({
  body: text('note', 10_000).pipe(z.string().min(1, problem('note'))),
});
export const pinForm = z.object({ pinned: flag });

export const followUpForm = z.object({
  owner: z
    .string(problem('owner'))
    .regex(/^[1-9]\d{0,8}$/, problem('owner'))
    .transform(Number),
  due_on: given(
    z.iso.date(problem('dueOn')).refine((day) => day >= '2000-01-01' && day < '2200-01-01', problem('dueOn')),
  ),
  task: text('task', 500).default(''),
});

export const fieldForm = z.object({
  name: text('fieldName', 50)
    .transform((value) => value.replaceAll(/\s+/gu, ' '))
    .pipe(z.string().min(1, problem('fieldName'))),
});

/** One text for each of these fields, under `field_` and its id; those that are not sent are left alone. */
export const fieldValuesForm = (ids: readonly number[]) =>
  z.object(Object.fromEntries(ids.map((id) => [`field_${id}`, text('fieldValue', 1_000).optional()])));
