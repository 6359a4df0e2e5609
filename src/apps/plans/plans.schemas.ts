import { z } from 'zod';
import { listFilters } from '../../http/list-query';
import { plainText } from '../../http/parse';
import { PLANNED_FIELDS } from './plan-fields';
import { PLAN_STATES } from './planned-change.model';

const problem = (name: string) => `plans:problem.${name}`;

/** A price of more than a million is a slip of the finger. */
const MOST_CENTS = 100_000_000;
const MOST_PLACES = 10_000_000;

const trimmed = (value: unknown) => (typeof value === 'string' ? value.replaceAll('\r\n', '\n').trim() : value);
const text = (most: number, name: string) => z.preprocess(trimmed, plainText.max(most, problem(name)));
const emptyIsNull = (value: unknown) => (trimmed(value) === '' ? null : trimmed(value));

const wholeNumber = (name: string, least: number, most: number) =>
  z
    .string(problem(name))
    .regex(/^\d{1,12}$/, problem(name))
    .transform(Number)
    .refine((number) => number >= least && number <= most, problem(name));

const day = z
  .string(problem('due_on'))
  .regex(/^20\d\d-\d\d-\d\d$/, problem('due_on'))
  .refine((date) => isDate(date), problem('due_on'));

function isDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

const title = z.preprocess(trimmed, plainText.min(1, problem('title')).max(200, problem('title')));
const rest = {
  description: text(10_000, 'long').optional(),
  user_limit: z.preprocess(emptyIsNull, wholeNumber('user_limit', 1, MOST_PLACES).nullable()).optional(),
};
/** What every plan may carry. */
const errand = {
  reason: text(1_000, 'reason').optional(),
  due_on: z.preprocess(emptyIsNull, day.nullable()).optional(),
};

/** A field that is not sent stays as it is. What Patreon itself leaves empty may stay so: `planEdit` refuses to empty a field. */
export const tierPlanForm = z.object({
  title: text(200, 'title').optional(),
  amount_cents: z.preprocess(emptyIsNull, wholeNumber('amount_cents', 0, MOST_CENTS).nullable()).optional(),
  ...rest,
  ...errand,
});

/** Patreon has one free tier already. */
export const newTierForm = z.object({
  title: z.preprocess((value) => value ?? '', title),
  amount_cents: z.preprocess((value) => trimmed(value ?? ''), wholeNumber('amount_cents', 1, MOST_CENTS)),
  ...rest,
  ...errand,
});

export const campaignPlanForm = z.object({
  name: text(200, 'name').optional(),
  creation_name: text(200, 'line').optional(),
  one_liner: text(200, 'line').optional(),
  summary: text(20_000, 'longer').optional(),
  thanks_msg: text(20_000, 'longer').optional(),
  is_nsfw: z
    .preprocess((value) => (value === '' ? undefined : value), z.enum(['true', 'false'], problem('choice')).optional())
    .transform((value) => (value === undefined ? undefined : value === 'true')),
  ...errand,
});

export const errandForm = z.object(errand);
export const handOffForm = z.object({
  done: z.enum(['true', 'false'], problem('choice')).transform((v) => v === 'true'),
});
export const resolveForm = z.object({
  field: z.enum(PLANNED_FIELDS, problem('choice')),
  choice: z.enum(['keep', 'take'], problem('choice')),
});
export const confirmForm = z.object({
  tier: z
    .string(problem('choice'))
    .regex(/^[1-9]\d{0,8}$/, problem('choice'))
    .transform(Number),
});

/** An empty field of the filter form means "any". */
const oneOf = <const V extends readonly [string, ...string[]]>(values: V, name: string) =>
  z.preprocess((value) => (value === '' ? undefined : value), z.enum(values, problem(name)).optional());

export const planFilters = z.object({
  campaign: listFilters.id('campaign'),
  state: oneOf(PLAN_STATES, 'state'),
  due: oneOf(['overdue'], 'due'),
});
