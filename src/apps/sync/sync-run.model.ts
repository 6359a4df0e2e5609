import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

export const RESOURCES = ['campaigns', 'tiers', 'members', 'posts'] as const;
export type Resource = (typeof RESOURCES)[number];
export type SyncTrigger = 'schedule' | 'cli' | 'panel' | 'connect' | 'webhook';
export type SyncRunState = 'queued' | 'running' | 'succeeded' | 'partial' | 'failed' | 'held' | 'cancelled';

export const OPEN_STATES: readonly SyncRunState[] = ['queued', 'running'];

export interface SyncRunError {
  /** Null for what concerns the whole run. */
  campaign: string | null;
  resource: Resource | null;
  message: string;
}

/** One invocation of the engine, over one or more credentials and their campaigns. */
export class SyncRun extends BaseModel {
  static override tableName = 'sync_runs';
  static override jsonAttributes = ['errors'];

  id!: number;
  trigger!: SyncTrigger;
  requested_by!: number | null;
  /** Our row id; null stands for every campaign of the run's credentials. */
  campaign_id!: number | null;
  resources!: Resource[];
  state!: SyncRunState;
  epoch!: number;
  lease_owner!: string | null;
  lease_until!: string | null;
  cancel_requested_at!: string | null;
  waiting_until!: string | null;
  requests!: number;
  errors!: SyncRunError[];
  /** The connections that the run was to read. */
  credential_ids!: number[];
  /** What became of a held run: the owner's word, or that a later run read the same. */
  decision!: 'applied' | 'discarded' | 'superseded' | null;
  decided_by!: number | null;
  decided_at!: string | null;
  queued_at!: string;
  started_at!: string | null;
  finished_at!: string | null;

  get isOpen(): boolean {
    return OPEN_STATES.includes(this.state);
  }

  /** The latest runs, newest first; `before` is the id of the last one already shown. */
  static list({ limit, before }: { limit: number; before?: number }): Promise<SyncRun[]> {
    const query = SyncRun.query().orderBy('id', 'desc').limit(limit);
    return (before === undefined ? query : query.where('id', '<', before)).execute();
  }

  static async latestFinished(): Promise<SyncRun | undefined> {
    return SyncRun.query().whereNotIn('state', OPEN_STATES).orderBy('id', 'desc').first();
  }

  static async credentialIds(runId: number, trx?: Knex): Promise<number[]> {
    const rows = await (trx ?? SyncRun.knex())('sync_locks')
      .where({ run_id: runId })
      .orderBy('credential_id')
      .pluck('credential_id');
    return rows;
  }
}

/** What a run did to one resource of one campaign. */
export class SyncRunResource extends BaseModel {
  static override tableName = 'sync_run_resources';
  static override idColumn = ['run_id', 'campaign_id', 'resource'];

  run_id!: number;
  campaign_id!: number;
  resource!: Resource;
  state!: 'running' | 'succeeded' | 'failed' | 'held' | 'cancelled';
  pages!: number;
  fetched!: number;
  created!: number;
  updated!: number;
  unchanged!: number;
  gone!: number;
  quarantined!: number;
  /** Records that differ and wait until the pass has been judged. */
  staged!: number;
  reported_total!: number | null;
  complete!: boolean | null;
  error!: string | null;
  started_at!: string;
  finished_at!: string | null;

  static listForRun(
    runId: number,
  ): Promise<(SyncRunResource & { patreon_id: string; campaign_name: string | null })[]> {
    return SyncRunResource.query()
      .select(
        'sync_run_resources.*',
        'c.patreon_id',
        SyncRunResource.raw('coalesce(c.name, c.creation_name, c.vanity) as campaign_name'),
      )
      .join('patreon_campaigns as c', 'c.id', 'sync_run_resources.campaign_id')
      .where('run_id', runId)
      .orderBy(['campaign_id', 'started_at'])
      .execute() as unknown as Promise<(SyncRunResource & { patreon_id: string; campaign_name: string | null })[]>;
  }

  /** Sums over the parts of each run, by run id. */
  static async totals(runIds: readonly number[]): Promise<Map<number, Record<string, number>>> {
    const rows = await SyncRunResource.knex()('sync_run_resources')
      .whereIn('run_id', [...runIds])
      .groupBy('run_id')
      .select('run_id')
      .sum({ fetched: 'fetched', created: 'created', updated: 'updated', gone: 'gone', quarantined: 'quarantined' });
    return new Map(
      (rows as unknown as ({ run_id: number } & Record<string, number>)[]).map((row) => [row.run_id, row]),
    );
  }
}

/** So much of a quarantined record is shown. */
const SHOWN = 4_000;

/** A record that could not be stored, kept as Patreon sent it. */
export class QuarantinedRecord extends BaseModel {
  static override tableName = 'sync_quarantine';

  id!: number;
  run_id!: number;
  campaign_id!: number;
  resource!: Resource;
  patreon_id!: string | null;
  reason!: string;
  raw!: string;

  /** Their beginnings: what made a record unfit may be its size. */
  static listForRun(runId: number, limit: number): Promise<QuarantinedRecord[]> {
    return QuarantinedRecord.query()
      .select('id', 'resource', 'patreon_id', 'reason')
      .select(
        QuarantinedRecord.raw(`left(raw, ?) || case when length(raw) > ? then '…' else '' end as raw`, [SHOWN, SHOWN]),
      )
      .where('run_id', runId)
      .orderBy('id')
      .limit(limit)
      .execute();
  }
}
