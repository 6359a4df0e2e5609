import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Context } from '../../context';
import { currentHolds } from '../connections/request-budget.service';
import { RequestsHeldError } from '../connections/request-holds.service';

/** Of one wait: a budget may be raised and a pause end meanwhile. */
const MAX_WAIT_MS = 60_000;
const LOOK_UP_MS = 1_000;

export interface Waiting {
  clock: Clock;
  signal: AbortSignal;
  /** Called when the wait begins and every second of it with its end, and with null when it is over. */
  note(until: Date | null): Promise<void>;
}

/** Sends a request; while requests are held for long (a spent budget, a long pause) it waits and tries again. */
export async function waitOutHolds<T>(
  { clock, signal, note }: Waiting,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await request(signal);
    } catch (error) {
      if (!(error instanceof RequestsHeldError)) throw error;
      const end = Math.min(error.until.getTime(), clock.now().getTime() + MAX_WAIT_MS);
      do {
        await note(error.until);
        await sleep(LOOK_UP_MS, undefined, { signal });
      } while (clock.now().getTime() < end);
      await note(null);
    }
  }
}

/** A budget (`waiting`) is ours to raise; everything else is Patreon's. */
export async function reasonToWait(context: Context): Promise<'waiting' | 'onHold'> {
  const holds = await currentHolds(context);
  return holds.some(({ reason }) => reason === 'budget_spent') ? 'waiting' : 'onHold';
}
