import { z } from 'zod';

/** An empty field of the filter form means "any". */
const given = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const word = (problem: string) => z.string(problem).regex(/^[a-z_]{1,40}$/, problem);
const day = z.iso.date('audit:problem.day');

/** Which entries of the log; subjects of other kinds than ours have ids of their own form. */
export const auditFilters = z.object({
  group: given(word('audit:problem.group')),
  staff: given(
    z
      .string('audit:problem.staff')
      .regex(/^[1-9]\d{0,8}$/, 'audit:problem.staff')
      .transform(Number),
  ),
  subject_type: given(word('audit:problem.subject')),
  subject_id: given(z.string('audit:problem.subject').regex(/^[\w-]{1,64}$/, 'audit:problem.subject')),
  from: given(day),
  to: given(day),
});

export type AuditFilters = z.output<typeof auditFilters>;
