export interface PaceRule {
  points: number;
  /** Seconds; a window begins with its first request. */
  duration: number;
}

/** Patreon documents 100 requests a minute for a token; two are left for latency between us and them. */
const MOST_PER_MINUTE = 98;
const LARGEST_BURST = 8;

/**
 * Our pace for one token as many short windows, so that a few requests go out at once and the minute still holds:
 * a minute touches `60 / duration + 1` windows, hence at most `perMinute + points` requests.
 * Null paces nothing. A setting above Patreon's figure is taken at its word.
 */
export function paceRule(perMinute: number): PaceRule | null {
  if (perMinute <= 0) return null;
  const burst = Math.min(LARGEST_BURST, MOST_PER_MINUTE - perMinute);
  const points = Math.max(1, Math.min(burst, perMinute), Math.ceil((perMinute - MOST_PER_MINUTE) / 60));
  // Eighths of a second are whole milliseconds, which the store needs, in any arithmetic.
  return { points, duration: Math.ceil((8 * 60 * points) / perMinute) / 8 };
}
