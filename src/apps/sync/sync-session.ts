import type { Knex } from 'knex';
import type { Context } from '../../context';
import type { PatreonClient } from '../../patreon/client';
import type { RunLease } from './run-lease';
import type { Resource, SyncRun } from './sync-run.model';
import { waitOutHolds } from './wait-out-holds';

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
  /** Pages of the pass under way. */
  pass_pages: number;
}

/** How a part ended that was read. */
export interface PartResult {
  complete: boolean;
  /** What it lacks all the same, in words. */
  lacks: string | null;
}

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

  /** What goes on under this lease of the same run. */
  with(lease: RunLease): SyncSession {
    const { context, run, client, credentialId, scopes, signal } = this;
    return new SyncSession(context, run, lease, client, credentialId, scopes, signal);
  }

  wants(resource: Resource): boolean {
    return this.run.resources.includes(resource);
  }

  /** A transaction that commits only while the run is ours. @throws LeaseLostError, RunCancelledError */
  write<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.lease.write(work);
  }

  /** Reads from Patreon; while requests are held it waits, and says until when on the run. */
  read<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { context, signal, lease, run } = this;
    // Each note is a write of the run, so that somebody who wants it to stop is heard.
    const note = (until: Date | null) =>
      lease.write(async (trx) => {
        await trx('sync_runs')
          .where({ id: run.id })
          .update({ waiting_until: until?.toISOString() ?? null });
      });
    return waitOutHolds({ clock: context.clock, signal, note }, request);
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
