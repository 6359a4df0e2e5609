import { z } from 'zod';
import { plainText } from '../../http/parse';
import { DRAFT_STATES } from './draft-states';

const problem = (name: string) => `workflow:problem.${name}`;

const text = (name: string, most: number) =>
  z
    .string(problem(name))
    // Browsers send a line's end as two characters and count it as one.
    .transform((value) => value.replaceAll('\r\n', '\n').trim())
    .pipe(z.string().max(most, problem(name)).pipe(plainText));

/** Which version of a draft was shown beside the form. */
const version = z
  .string(problem('version'))
  .regex(/^[1-9]\d{0,8}$/, problem('version'))
  .transform(Number)
  .optional();

const ticked = z
  .string()
  .optional()
  .transform((value) => value === 'true');

export const moveForm = z.object({
  to: z.enum(DRAFT_STATES, problem('to')),
  note: text('note', 1_000).default(''),
  version,
  reviewed: ticked,
});

export const handOffForm = z.object({ version });

export const commentForm = z.object({
  body: text('body', 5_000).pipe(z.string().min(1, problem('body'))),
  version,
});

export const resolveForm = z.object({
  resolved: z.enum(['true', 'false'], problem('resolved')).transform((value) => value === 'true'),
});

/** Which post a draft became: one of those that were offered, or `none` of those that were `seen`. */
export const matchForm = z
  .object({
    post: z.union(
      [
        z.literal('none'),
        z
          .string()
          .regex(/^[1-9]\d{0,14}$/)
          .transform(Number),
      ],
      problem('post'),
    ),
    seen: z
      .string(problem('seen'))
      .regex(/^([1-9]\d{0,14}( [1-9]\d{0,14}){0,99})?$/, problem('seen'))
      .transform((ids) => ids.split(' ').filter(Boolean).map(Number))
      .default([]),
  })
  .refine(({ post, seen }) => post !== 'none' || seen.length > 0, { path: ['seen'], error: problem('seen') });

export const acceptForm = z.object({ seen: z.string(problem('seen')).max(40, problem('seen')) });
