import { BaseModel } from '../../db/base-model';
import type { Resource } from './sync-run.model';

/** Where a page of departures goes on: the last one that was shown. */
export interface DeparturePlace {
  campaignId: number;
  resource: Resource;
  patreonId: string;
}

/** A departure with what is stored of whom it concerns. */
export interface NamedDeparture extends SyncDeparture {
  /** Our row id; null when the row has been deleted since. */
  record_id: number | null;
  name: string | null;
  currency: string | null;
}

/** How many of one campaign's records a run would mark, and what they paid a month. */
export interface DepartureSum {
  campaign_id: number;
  resource: Resource;
  reason: SyncDeparture['reason'];
  count: number;
  cents: number;
  currency: string | null;
}

/** Somebody whom a run would mark as gone or no longer paying: what the brake counted, and what a person decides on. */
export class SyncDeparture extends BaseModel {
  static override tableName = 'sync_departures';
  static override idColumn = ['run_id', 'campaign_id', 'resource', 'patreon_id'];

  run_id!: number;
  campaign_id!: number;
  resource!: Resource;
  patreon_id!: string;
  reason!: 'gone' | 'not_paying';
  kind_before!: string | null;
  /** Null for those who would be gone. */
  kind_after!: string | null;
  monthly_cents_before!: number | null;

  /** In the order of their key, so that a page costs the same wherever it begins. */
  static async listForRun(
    runId: number,
    { limit, after }: { limit: number; after?: DeparturePlace | undefined },
  ): Promise<NamedDeparture[]> {
    const query = SyncDeparture.query()
      .alias('d')
      .select('d.*', 'c.currency')
      .select(SyncDeparture.raw('coalesce(m.id, p.id) as record_id, coalesce(m.full_name, p.title) as name'))
      .join('patreon_campaigns as c', 'c.id', 'd.campaign_id')
      .joinRaw(`left join patreon_members m on d.resource = 'members' and ${SAME_RECORD('m')}`)
      .joinRaw(`left join patreon_posts p on d.resource = 'posts' and ${SAME_RECORD('p')}`)
      .where('d.run_id', runId)
      .orderBy(['d.campaign_id', 'd.resource', 'd.patreon_id'])
      .limit(limit);
    if (after) {
      const place = [after.campaignId, after.resource, after.patreonId];
      query.whereRaw('(d.campaign_id, d.resource, d.patreon_id) > (?, ?, ?)', place);
    }
    return (await query) as NamedDeparture[];
  }

  static async sums(runId: number): Promise<DepartureSum[]> {
    const rows: (Omit<DepartureSum, 'count' | 'cents'> & { count: unknown; cents: unknown })[] =
      await SyncDeparture.knex()('sync_departures as d')
        .join('patreon_campaigns as c', 'c.id', 'd.campaign_id')
        .where('d.run_id', runId)
        .groupBy('d.campaign_id', 'd.resource', 'd.reason', 'c.currency')
        .orderBy(['d.campaign_id', 'd.resource', 'd.reason'])
        .select('d.campaign_id', 'd.resource', 'd.reason', 'c.currency')
        .count('* as count')
        .sum('d.monthly_cents_before as cents');
    return rows.map((row) => ({ ...row, count: Number(row.count), cents: Number(row.cents ?? 0) }));
  }
}

const SAME_RECORD = (alias: string) => `${alias}.campaign_id = d.campaign_id and ${alias}.patreon_id = d.patreon_id`;
