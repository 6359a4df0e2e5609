import { z } from 'zod';
import { isLocalTime } from './planned-time';

const problem = (name: string) => `draftBulk:problem.${name}`;

/** What can be done with several drafts; the two states are those that drafts are sorted by before anybody reviews them. */
export const BULK_ACTIONS = ['shift', 'plan', 'idea', 'draft', 'delete'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const MOST_DRAFTS = 200;

/** Boxes send one id each; the confirmation, which knows how many there are, all of them in one field. */
const ids = z
  .preprocess(
    (value) =>
      value === undefined ? [] : [value].flat().flatMap((one) => (typeof one === 'string' ? one.split(',') : [one])),
    z.array(z.string(problem('ids')).regex(/^[1-9]\d{0,14}$/, problem('ids')), problem('ids')),
  )
  .transform((list) => [...new Set(list.map(Number))])
  .refine((list) => list.length > 0, problem('none'))
  .refine((list) => list.length <= MOST_DRAFTS, problem('tooMany'));

export const bulkForm = z.object({ ids, action: z.enum(BULK_ACTIONS, problem('action')) });

export const shiftForm = z.object({
  days: z
    .string(problem('days'))
    .trim()
    .regex(/^[+-]?\d{1,3}$/, problem('days'))
    .transform(Number)
    .refine((days) => days !== 0 && Math.abs(days) <= 366, problem('days')),
});

export const dayForm = z.object({
  day: z
    .string(problem('day'))
    .trim()
    .refine((day) => isLocalTime(`${day}T00:00`), problem('day')),
});
