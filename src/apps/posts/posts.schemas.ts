import { z } from 'zod';
import { listFilters } from '../../http/list-query';
import { isLocalTime } from './planned-time';
import { AUDIENCES } from './post.model';

const anyIfEmpty = (value: unknown) => (value === '' ? undefined : value);

const day = z.preprocess(
  anyIfEmpty,
  z
    .string('posts:problem.day')
    .refine((text) => isLocalTime(`${text}T00:00`), 'posts:problem.day')
    .optional(),
);

export const postFilters = z
  .object({
    campaign: listFilters.id('campaign'),
    tier: listFilters.id('tier'),
    audience: listFilters.oneOf('audience', AUDIENCES),
    paid: z.preprocess(anyIfEmpty, z.enum(['yes', 'no'], 'posts:problem.paid').optional()),
    published_from: day,
    published_to: day,
    q: listFilters.q,
    gone: listFilters.gone,
  })
  .refine(({ published_from: from, published_to: to }) => !from || !to || from <= to, {
    path: ['published_to'],
    message: 'posts:problem.range',
  });

export type PostFilters = z.output<typeof postFilters>;

export const confirmationForm = z.object({
  confirm: z.string('archive:problem.confirm').max(1_000, 'archive:problem.confirm'),
});
