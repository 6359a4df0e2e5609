import { z } from 'zod';
import { EXPORT_FORMATS } from './export.model';
import { reason } from './reveal.schemas';

/** A value that a form or an address may name once or several times. */
const several = z.preprocess((value) => [value ?? []].flat(), z.array(z.string()).max(200));

/** What is taken, of the columns by these names; addresses only with the reason why. */
export const exportForm = (offered: readonly string[]) =>
  z
    .object({
      format: z.enum(EXPORT_FORMATS, 'exports:problem.format'),
      column: several
        .refine((names) => names.every((name) => offered.includes(name)), 'exports:problem.column')
        .refine((names) => names.length > 0, 'exports:problem.none'),
      reason: z.string().optional(),
    })
    .transform((form, ctx) => {
      if (!form.column.includes('address')) return { ...form, reason: undefined };
      const given = reason.safeParse(form.reason ?? '');
      if (given.success) return { ...form, reason: given.data };
      ctx.addIssue({ code: 'custom', path: ['reason'], message: given.error.issues[0]?.message ?? '' });
      return z.NEVER;
    });
