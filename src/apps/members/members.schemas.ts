import { z } from 'zod';
import { listFilters } from '../../http/list-query';
import { MEMBERSHIP_KINDS } from './membership-kind';

/** An empty field of the filter form means "any". */
const given = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

export const memberFilters = z.object({
  campaign: listFilters.id('campaign'),
  kind: given(z.enum(MEMBERSHIP_KINDS, 'members:problem.kind')),
  // Any word: Patreon adds some without notice, and the mirror keeps them.
  status: given(
    z
      .string('members:problem.status')
      .max(100, 'members:problem.status')
      .refine((word) => !word.includes('\0'), 'members:problem.status'),
  ),
  tier: listFilters.id('tier'),
  q: listFilters.q,
  gone: listFilters.gone,
});

export type MemberFilters = z.output<typeof memberFilters>;

/** What the page of one member takes: a day of the past, and the change after which a page of its timeline begins. */
export const memberQuery = (now: Date) =>
  z.object({
    as_of: given(
      z.iso
        .date('members:problem.asOf')
        .refine((day) => day <= now.toISOString().slice(0, 10), 'members:problem.future'),
    ),
    before: given(
      z
        .string('list:problem.page')
        .regex(/^[1-9]\d{0,14}$/, 'list:problem.page')
        .transform(Number),
    ),
  });
