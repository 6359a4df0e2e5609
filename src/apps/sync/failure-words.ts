import { scrub } from '../../logger';
import { PatreonError } from '../../patreon/patreon-error';
import type { Completeness } from './pass-state';
import type { Resource } from './sync-run.model';

const BY_KIND: Partial<Record<PatreonError['kind'], string>> = {
  unauthorized: 'Patreon refused the access token. Connect Patreon again.',
  forbidden: 'Patreon does not allow this read.',
  blocked: 'Patreon turned our requests away for now. The next run tries again.',
  rate_limited: 'Patreon asked for a longer pause than this run can make. The next run tries again.',
  unavailable: 'Patreon could not answer. The next run tries again.',
  invalid_answer: 'Patreon answered something that is not its API. The next run tries again.',
  cursor_expired: 'Patreon forgot the place in its list before all pages were read. The next run tries again.',
};

/** What a pass stored less than it should have, in words; null when nothing is missing. */
export function describeLack({
  shortfall,
  omitted,
  unconfirmed,
}: Pick<Completeness, 'shortfall'> & { omitted: readonly string[]; unconfirmed: number }): string | null {
  const words: string[] = [];
  if (shortfall) {
    const { total, seen } = shortfall;
    words.push(
      `Patreon counts ${total} but listed ${seen}; what was not listed is kept as it was. The next run tries again.`,
    );
  }
  if (unconfirmed > 0) {
    words.push(
      `${unconfirmed} are missing from Patreon's list, but that could not be confirmed, so they are kept. The next run tries again.`,
    );
  }
  if (omitted.includes('pledge_history')) {
    words.push('Patreon took too long over the pledge histories; members were read without them.');
  }
  return words.length > 0 ? words.join(' ') : null;
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** In words that may be shown: never a token, an address or a body. */
export function describeFailure(error: unknown, resource?: Resource): string {
  if (error instanceof PatreonError) {
    const words = BY_KIND[error.kind] ?? 'The read failed.';
    return `${words} (${error.kind}${error.status ? ` ${error.status}` : ''}${resource ? `, ${resource}` : ''})`;
  }
  // A driver's message holds the statement, and may hold values.
  if (error instanceof Error && SQLSTATE.test(String((error as { code?: unknown }).code))) {
    return `The database could not store what was read (${(error as { code?: unknown }).code}). The log tells more; the next run tries again.`;
  }
  return scrub(error instanceof Error ? error.message : String(error)).slice(0, 500);
}
