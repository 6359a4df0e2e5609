import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import type { PatreonClient } from '../../patreon/client';
import { BudgetSpentError } from '../connections/request-budget.service';
import type { RunLease } from './run-lease';
import type { Resource, SyncRun } from './sync-run.model';

export interface ResourceCounts {
  pages: number;
  fetched: number;
  created: number;
  updated: number;
  unchanged: number;
  gone: number;
  quarantined: number;
  staged: number;
  reported_total: number | null;
}

/** How a part ended that was read. */
export interface PartResult {
  complete: boolean;
  /** What it lacks all the same, in words. */
  lacks: string | null;
}

/** Of one wait for a budget, which may be raised meanwhile. */
const MAX_WAIT_MS = 60_000;
const LOOK_UP_MS = 1_000;

/** What the parts of one run share: the lease, the client of the connection being read, and the progress they leave. */
export class SyncSession {
  constructor(
    readonly context: Context,
    readonly run: SyncRun,
    readonly lease: RunLease,
    readonly client: PatreonClient,
    readonly credentialId: number,
    /** What the token was granted; empty when that is not known. */
    readonly scopes: readonly string[],
    /** Aborted when the lease is lost or the process stops. */
    readonly signal: AbortSignal,
  ) {}

  wants(resource: Resource): boolean {
    return this.run.resources.includes(resource);
  }

  /** A transaction that commits only while the run is ours. @throws LeaseLostError, RunCancelledError */
  write<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.lease.write(work);
  }

  /** Reads from Patreon; while a budget of ours is spent it waits, says until when on the run, and tries again. */
  async read<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (;;) {
      this.signal.throwIfAborted();
      try {
        return await request(this.signal);
      } catch (error) {
        if (!(error instanceof BudgetSpentError)) throw error;
        await this.waitUntil(error.until);
      }
    }
  }

  /** Until the budget begins anew, a minute at most. Looks up meanwhile: somebody may want the run to stop. */
  private async waitUntil(until: Date): Promise<void> {
    const { clock } = this.context;
    const note = (waiting_until: string | null) =>
      this.lease.write((trx) => trx('sync_runs').where({ id: this.run.id }).update({ waiting_until }));
    const end = Math.min(until.getTime(), clock.now().getTime() + MAX_WAIT_MS);
    do {
      await note(until.toISOString());
      await sleep(LOOK_UP_MS, undefined, { signal: this.signal });
    } while (clock.now().getTime() < end);
    await note(null);
  }

  /** Adds to the figures of a part; `place` are columns that are set with them. */
  async addCounts(
    trx: Knex,
    campaignId: number,
    resource: Resource,
    counts: Partial<ResourceCounts>,
    place: Record<string, unknown> = {},
  ): Promise<void> {
    const { reported_total, ...added } = counts;
    const grown = Object.entries(added).filter(([, n]) => n);
    const changes = {
      ...Object.fromEntries(grown.map(([name, n]) => [name, trx.raw('?? + ?', [name, n as number])])),
      ...(reported_total == null ? {} : { reported_total }),
      ...place,
    };
    if (Object.keys(changes).length === 0) return;
    await trx('sync_run_resources').where({ run_id: this.run.id, campaign_id: campaignId, resource }).update(changes);
  }
}
