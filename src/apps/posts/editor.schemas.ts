import { z } from 'zod';
import { plainText } from '../../http/parse';

/** A preview shows what is there: what cannot be read yet counts as not given. */
const orNothing = <S extends z.ZodType>(schema: S) => schema.optional().catch(undefined);

const ROW_ID = /^[1-9]\d{0,14}$/;
const rowId = z.string().regex(ROW_ID).transform(Number);
const box = z.preprocess((value) => value === 'true' || value === 'on' || value === '1', z.boolean());

const idsOf = (pattern: RegExp) =>
  z.preprocess(
    (value) => [value ?? []].flat().filter((id) => typeof id === 'string' && pattern.test(id)),
    z.array(z.string()),
  );

const AS = ['reader', 'public', 'member'] as const;

export const previewForm = z.object({
  title: plainText.max(300, 'editor:problem.title').default(''),
  content: plainText.default('').transform((value) => value.replaceAll('\r\n', '\n')),
  campaign: orNothing(rowId),
  is_public: box,
  tiers: idsOf(ROW_ID).transform((ids) => ids.map(Number)),
  /** Patreon's ids of tiers that we have not read. */
  unread_tiers: idsOf(/^[\w-]{1,64}$/),
  min_cents_pledged_to_view: orNothing(
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ),
  /** Who looks at it: whoever may read it, a stranger, a member of any paid tier, or one of this tier. */
  as: z.union([z.enum(AS), rowId]).catch('reader'),
  /** A page of its own for browsers without scripts. */
  page: box,
});
export type PreviewForm = z.output<typeof previewForm>;

export const pictureForm = z.object({
  campaign: z.string('editor:problem.campaign').regex(ROW_ID, 'editor:problem.campaign').transform(Number),
  draft: orNothing(rowId),
});

export const pictureFilter = z.object({
  campaign: z.string().regex(ROW_ID).transform(Number),
  before: orNothing(rowId),
});
