import { scrub } from '../../logger';
import { PatreonError } from '../../patreon/patreon-error';
import { failureSentence } from './failure-telling';
import type { Completeness } from './pass-state';
import type { Resource } from './sync-run.model';

/** Failures of a read that a sentence of their own tells. */
const TOLD = [
  'unauthorized',
  'forbidden',
  'blocked',
  'rate_limited',
  'unavailable',
  'invalid_answer',
  'cursor_expired',
] as const satisfies readonly PatreonError['kind'][];

/** What a pass stored less than it should have, in words; null when nothing is missing. */
export function describeLack({
  shortfall,
  omitted,
  unconfirmed,
}: Pick<Completeness, 'shortfall'> & { omitted: readonly string[]; unconfirmed: number }): string | null {
  const words: string[] = [];
  if (shortfall) {
    const { total, seen } = shortfall;
    words.push(failureSentence('shortfall', { total, seen }));
  }
  if (unconfirmed > 0) {
    words.push(failureSentence('unconfirmed', { count: unconfirmed }));
  }
  if (omitted.includes('pledge_history')) {
    words.push(failureSentence('historiesOmitted'));
  }
  return words.length > 0 ? words.join(' ') : null;
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** In words that may be shown: never a token, an address or a body. */
export function describeFailure(error: unknown, resource?: Resource): string {
  if (error instanceof PatreonError) {
    const words = failureSentence(TOLD.find((kind) => kind === error.kind) ?? 'other');
    return `${words} (${error.kind}${error.status ? ` ${error.status}` : ''}${resource ? `, ${resource}` : ''})`;
  }
  // A driver's message holds the statement, and may hold values.
  if (error instanceof Error && SQLSTATE.test(String((error as { code?: unknown }).code))) {
    return failureSentence('database', { code: String((error as { code?: unknown }).code) });
  }
  return scrub(error instanceof Error ? error.message : String(error)).slice(0, 500);
}
