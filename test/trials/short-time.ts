import timers from 'node:timers/promises';

/** The client's deadline for one request. */
const DEADLINE_MS = 30_000;
const SHORT_DEADLINE_MS = 400;
const LONGEST_SLEEP_MS = 20;

/**
 * Shortens what the engine waits for: pauses between tries, and the deadline of a request that nobody answers. What
 * PostgreSQL keeps by its own clock lasts as long as ever. Answers how to end that.
 */
export function shortenTime(): () => void {
  const { setTimeout: sleep } = timers;
  const { setTimeout: later } = globalThis;
  Object.assign(timers, {
    setTimeout: (ms: number, ...rest: unknown[]) =>
      Reflect.apply(sleep, timers, [Math.min(ms, LONGEST_SLEEP_MS), ...rest]),
  });
  const shortened = (work: () => void, ms?: number, ...rest: unknown[]) =>
    Reflect.apply(later, globalThis, [work, ms === DEADLINE_MS ? SHORT_DEADLINE_MS : ms, ...rest]);
  globalThis.setTimeout = Object.assign(shortened, later) as unknown as typeof setTimeout;
  return () => {
    Object.assign(timers, { setTimeout: sleep });
    globalThis.setTimeout = later;
  };
}
