import { z } from 'zod';
import { listFilters } from '../../http/list-query';
import { isDay } from './filter-days';
import { MEMBERSHIP_KINDS } from './membership-kind';

/** An empty field of the filter form means "any". */
const given = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** What narrows the whole list, whatever the groups of conditions say. */
export const memberScope = z.object({
  campaign: listFilters.id('campaign'),
  q: listFilters.q,
  gone: listFilters.gone,
});

const MOST_VALUES = 50;
const problem = (name: string) => `filters:problem.${name}`;

/** A parameter that may be repeated: empty ones mean "any", and twice is once. */
const repeated = <S extends z.ZodType>(schema: S, message: string) =>
  z
    .preprocess((value) => [value].flat().filter((one) => one !== '' && one !== undefined), z.array(schema))
    .refine((values) => values.length <= MOST_VALUES, message)
    .transform((values) => [...new Set(values)]);

/** Any word: Patreon adds some without notice, and the mirror keeps them. */
const word = (message: string) =>
  z
    .string(message)
    .max(100, message)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), message);

const id = (message: string) =>
  z
    .string(message)
    .regex(/^[1-9]\d{0,14}$/, message)
    .transform(Number);

const AMOUNT = /^\d{1,9}([.,]\d{1,2})?$/;

/** The same for the `pattern` of a field. */
export const AMOUNT_PATTERN = AMOUNT.source;

/** In units of the currency, as people write them; in minor units from here on. */
const amount = given(
  z
    .string(problem('amount'))
    .regex(AMOUNT, problem('amount'))
    .transform((text) => Math.round(Number(text.replace(',', '.')) * 100)),
);

const day = given(z.string(problem('day')).refine(isDay, problem('day')));
const yesOrNo = given(z.enum(['yes', 'no'], problem('yesOrNo')));

export const FOLLOW_UPS = ['mine', 'overdue', 'any', 'none'] as const;

/** One group of conditions. In an address the parameters of a second and third group carry a prefix. */
export const memberConditions = z.object({
  kind: repeated(z.enum(MEMBERSHIP_KINDS, 'members:problem.kind'), 'members:problem.kind'),
  status: repeated(word('members:problem.status'), 'members:problem.status'),
  tier: repeated(id('list:problem.tier'), 'list:problem.tier'),
  amount_min: amount,
  amount_max: amount,
  lifetime_min: amount,
  lifetime_max: amount,
  joined_from: day,
  joined_to: day,
  last_charge_from: day,
  last_charge_to: day,
  charge: repeated(word(problem('charge')), problem('charge')),
  next_charge_from: day,
  next_charge_to: day,
  cadence: repeated(
    z
      .string(problem('cadence'))
      .regex(/^[1-9]\d{0,2}$/, problem('cadence'))
      .transform(Number),
    problem('cadence'),
  ),
  email: yesOrNo,
  address: yesOrNo,
  discord: yesOrNo,
  label: repeated(id(problem('label')), problem('label')),
  label_not: repeated(id(problem('label')), problem('label')),
  changed_from: day,
  changed_to: day,
  follow_up: given(z.enum(FOLLOW_UPS, problem('followUp'))),
});

export type MemberScope = z.output<typeof memberScope>;
export type GroupValues = z.output<typeof memberConditions>;
export type ConditionName = keyof GroupValues;
export const CONDITION_NAMES = Object.keys(memberConditions.shape) as ConditionName[];

/** What the parameters of the groups begin with: a member is listed that fits any of them. */
export const GROUP_PREFIXES = ['', 'or1.', 'or2.'] as const;
