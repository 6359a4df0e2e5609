import { z } from 'zod';
import { plainText } from '../../http/parse';
import { CAMPAIGN_COLOURS, SEARCH_LANGUAGES, type SearchLanguage } from './campaign-settings.model';

const problem = (name: string) => `campaignSettings:problem.${name}`;

const emptyIsNull = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' || value === undefined ? null : value), schema.nullable());

/** A box that is not ticked is not sent. */
const box = z.preprocess((value) => value === 'true', z.boolean());

export const campaignSettingsForm = z.object({
  local_name: z.preprocess(
    (value) => (typeof value === 'string' ? value.trim() : value),
    emptyIsNull(plainText.max(100, problem('local_name'))),
  ),
  colour: emptyIsNull(z.enum(CAMPAIGN_COLOURS, problem('colour'))),
  time_zone: emptyIsNull(plainText.refine(isTimeZone, problem('time_zone'))),
  search_language: emptyIsNull(z.enum(Object.keys(SEARCH_LANGUAGES) as SearchLanguage[], problem('search_language'))),
  notes: z.preprocess((value) => value ?? '', plainText.max(10_000, problem('notes'))),
  is_scheduled: box,
  syncs_members: box,
  syncs_posts: box,
});

/** Names alone: an offset such as `+02:00` knows no summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name) || name.length > 60) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const confirmationForm = z.object({ confirm: z.string(problem('confirm')).max(1_000, problem('confirm')) });
