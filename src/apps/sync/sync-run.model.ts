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

/** What is usual is told by so many runs, and not by fewer than these. */
const RUNS_COUNTED = 10;
const FEWEST_RUNS = 3;

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

  /** In milliseconds; null before it began. Of a run that an owner applied: of the applying alone, not of the wait. */
  durationAt(now: number): number | null {
    const began = this.decision === 'applied' ? this.decided_at : this.started_at;
    if (began === null || this.state === 'queued') return null;
    return Math.max(0, (this.finished_at ? Date.parse(this.finished_at) : now) - Date.parse(began));
  }

  /** The latest runs, newest first; `before` is the id of the last one already shown. */
  static list({ limit, before }: { limit: number; before?: number }): Promise<SyncRun[]> {
    const query = SyncRun.query().orderBy('id', 'desc').limit(limit);
    return (before === undefined ? query : query.where('id', '<', before)).execute();
  }

  static async latestFinished(): Promise<SyncRun | undefined> {
    return SyncRun.query().whereNotIn('state', OPEN_STATES).orderBy('id', 'desc').first();
  }

  /** Runs that wait for the owner's word, newest first. */
  static listHeld(limit: number): Promise<SyncRun[]> {
    return SyncRun.query().where({ state: 'held' }).orderBy('id', 'desc').limit(limit).execute();
  }

  /**
   * How long the last ten whole runs of the same extent took before each of these, by run id: the median, in
   * milliseconds. Runs with too few before them have none.
   */
  static async usualDurations(runIds: readonly number[]): Promise<Map<number, number>> {
    const { rows } = await SyncRun.knex().raw(
      `select r.id, usual.ms from sync_runs r, lateral (
         select percentile_cont(0.5) within group (order by ms) as ms, count(*) as runs from (
           select extract(epoch from p.finished_at - p.started_at) * 1000 as ms from sync_runs p
            where p.id < r.id and p.state = 'succeeded' and p.decision is null and p.resources = r.resources
              and p.campaign_id is not distinct from r.campaign_id and p.credential_ids = r.credential_ids
            order by p.id desc limit :counted) before) usual
        where r.id = any(:ids) and usual.runs >= :fewest`,
      { ids: [...runIds], counted: RUNS_COUNTED, fewest: FEWEST_RUNS },
    );
    return new Map((rows as { id: number; ms: number }[]).map(({ id, ms }) => [id, Number(ms)]));
  }

  static async credentialIds(runId: number, trx?: Knex): Promise<number[]> {
    const rows = await (trx ?? SyncRun.knex())('sync_locks')
      .where({ run_id: runId })
      .orderBy('credential_id')
      .pluck('credential_id');
    return rows;
  }
}

/** What a page says of the campaign of a part. */
interface PartCampaign {
  patreon_id: string;
  campaign_name: string | null;
  time_zone: string | null;
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

  /** Records that a decision may still store; of a part that was given up there are none. */
  get waiting(): number {
    return this.state === 'cancelled' ? 0 : this.staged;
  }

  static listForRun(runId: number): Promise<(SyncRunResource & PartCampaign)[]> {
    return SyncRunResource.query()
      .select(
        'sync_run_resources.*',
        'c.patreon_id',
        's.time_zone',
        SyncRunResource.raw('coalesce(s.local_name, c.name, c.creation_name, c.vanity) as campaign_name'),
      )
      .join('patreon_campaigns as c', 'c.id', 'sync_run_resources.campaign_id')
      .leftJoin('campaign_settings as s', 's.campaign_id', 'c.id')
      .where('run_id', runId)
      .orderBy(['sync_run_resources.campaign_id', 'started_at'])
      .execute() as unknown as Promise<(SyncRunResource & PartCampaign)[]>;
  }

  /** What each run did to each resource, over all its campaigns, by run id. */
  static async byResource(runIds: readonly number[]): Promise<Map<number, RunCounts>> {
    const rows: ({ run_id: number; resource: Resource } & ResourceSums)[] = await SyncRunResource.knex()(
      'sync_run_resources',
    )
      .whereIn('run_id', [...runIds])
      .groupBy('run_id', 'resource')
      .select('run_id', 'resource')
      .select(SyncRunResource.knex().raw("coalesce(sum(staged) filter (where state = 'held'), 0)::int as waiting"))
      .sum({ fetched: 'fetched', created: 'created', updated: 'updated', gone: 'gone', quarantined: 'quarantined' });
    const byRun = new Map<number, RunCounts>();
    for (const { run_id, resource, ...sums } of rows) byRun.set(run_id, { ...byRun.get(run_id), [resource]: sums });
    return byRun;
  }

  /** The run that has read the same list as this part since, to its end or to a decision. */
  static async laterRunId({ run_id, campaign_id, resource }: SyncRunResource): Promise<number | undefined> {
    const later = await SyncRunResource.query()
      .where({ campaign_id, resource })
      .where('run_id', '>', run_id)
      .whereIn('state', ['succeeded', 'held', 'cancelled'])
      .orderBy('run_id')
      .first();
    return later?.run_id;
  }
}

export type ResourceSums = Record<'fetched' | 'created' | 'updated' | 'gone' | 'quarantined' | 'waiting', number>;
export type RunCounts = Partial<Record<Resource, ResourceSums>>;

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
