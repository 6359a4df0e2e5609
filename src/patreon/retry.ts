/** Tries of one request in one shape, the first included. */
export const MAX_TRIES = 6;

const MIN_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;
const MIN_RETRY_AFTER_SECONDS = 1;
/** Nobody means a longer pause; a slip of a server must not silence us for ever. */
const MAX_RETRY_AFTER_SECONDS = 24 * 60 * 60;

/** The longest pause that is waited out in place; whoever meets a longer one comes back later. */
export const LONGEST_WAIT_SECONDS = 15 * 60;

/** Pause after the given failed try (1 is the first): full jitter over a ceiling that doubles, in milliseconds. */
export function backoffMs(failedTries: number, random: () => number): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, 1000 * 2 ** (failedTries - 1));
  return Math.round(MIN_BACKOFF_MS + random() * (ceiling - MIN_BACKOFF_MS));
}

/** Seconds that a `Retry-After` header asks for (a number or an HTTP date), clamped; null when it says nothing usable. */
export function parseRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return clampRetryAfter(Number(text));
  // Date.parse reads almost anything, "-5" included, so insist on the weekday that every HTTP date starts with.
  if (!/^[A-Z][a-z]{2}/.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : clampRetryAfter((date - now) / 1000);
}

/** Brings a requested pause into 1 s … 24 h, whole seconds, rounded up so as never to come too early. */
export function clampRetryAfter(seconds: number): number {
  return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(MIN_RETRY_AFTER_SECONDS, Math.ceil(seconds)));
}
