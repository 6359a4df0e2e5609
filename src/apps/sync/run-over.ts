import { LeaseLostError, RunCancelledError } from './run-lease';
import type { SyncSession } from './sync-session';

/** What ends the run rather than a part of it: it is no longer ours, was cancelled, or the process stops. */
export function isRunOver({ signal }: Pick<SyncSession, 'signal'>, error: unknown): boolean {
  return error instanceof LeaseLostError || error instanceof RunCancelledError || signal.aborted;
}
