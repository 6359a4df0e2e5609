import { z } from 'zod';
import { plainText } from '../../http/parse';
import { draftForm } from './drafts.schemas';

const problem = (name: string) => `postTemplate:problem.${name}`;

const name = z
  .string(problem('name'))
  .transform((text) => text.trim().replaceAll(/\s+/gu, ' '))
  .pipe(z.string().min(1, problem('name')).max(80, problem('name')).pipe(plainText));

/** Our row id; empty is for all campaigns. */
const campaign = z
  .string(problem('campaign'))
  .regex(/^(?:[1-9]\d{0,14})?$/, problem('campaign'))
  .transform((id) => (id === '' ? null : Number(id)))
  .default(null);

export const templateForm = draftForm
  .pick({
    title: true,
    content: true,
    is_paid: true,
    is_public: true,
    min_cents_pledged_to_view: true,
    tiers: true,
    tags: true,
  })
  .extend({ name, campaign });

export const snippetForm = z.object({
  name,
  campaign,
  content: z
    .string(problem('content'))
    .transform((text) => text.replaceAll('\r\n', '\n').trim())
    .pipe(z.string().min(1, problem('content')).max(5_000, problem('content')).pipe(plainText)),
});
