import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

export type ChangedResource = 'campaign' | 'tier' | 'member' | 'post';

/** The mirrored row that changes are asked for. */
export interface ChangedRecord {
  campaign_id: number;
  resource: ChangedResource;
  /** Our row id. */
  id: number;
}

/**
 * What happened to one field of a mirrored row, or to the row as a whole. Written by the database itself with the
 * statement that writes the row, and never altered; rows of one such statement carry the same `changed_at`.
 */
export class PatreonChange extends BaseModel {
  static override tableName = 'patreon_changes';
  static override idColumn = ['campaign_id', 'resource', 'record_id', 'id'];

  id!: number;
  campaign_id!: number;
  resource!: ChangedResource;
  record_id!: number;
  kind!: 'created' | 'changed' | 'gone' | 'returned';
  /** The column, of `changed` alone. */
  field!: string | null;
  /** The column's value as JSON, times as ISO text in UTC. Of `gone` and `returned`: `gone_at`. */
  before!: unknown;
  after!: unknown;
  read_seq!: number;
  run_id!: number | null;
  /** Who asked for the read, where somebody did. */
  staff_id!: number | null;
  event_id!: number | null;
  changed_at!: string;

  /** Newest first. `before` is the id of the last one already shown, `until` the first moment that is not asked for. */
  static async listForRecord(
    record: ChangedRecord,
    {
      limit,
      before,
      until,
      besides,
    }: {
      limit: number;
      before?: number | undefined;
      until?: string | undefined;
      /** Fields whose changes are not asked for. */
      besides?: readonly string[] | undefined;
    },
    db: Knex,
  ): Promise<PatreonChange[]> {
    const query = PatreonChange.ofRecord(record, db).orderBy('id', 'desc').limit(limit);
    if (besides) query.whereRaw('(field is null or field <> all(?::text[]))', [besides]);
    if (before !== undefined) query.where('id', '<', before);
    if (until !== undefined) query.where('changed_at', '<', until);
    return query;
  }

  /** Whether everything since the row was first seen was kept; not so for rows older than the keeping of changes. */
  static async isWhole(record: ChangedRecord, db: Knex): Promise<boolean> {
    const first = await PatreonChange.ofRecord(record, db).select('kind').orderBy('id').first();
    return first?.kind === 'created';
  }

  /** Since when changes are kept at all. */
  static async keptSince(db: Knex): Promise<string> {
    const row = await db('settings').where({ key: 'changes_recorded_since' }).first<{ value: string }>('value');
    return row?.value ?? new Date(0).toISOString();
  }

  /** The values that a field had at a moment, by row id, of those rows alone in which it has changed since. */
  static async valuesAt(
    of: { campaignId: number; resource: ChangedResource; ids: readonly number[]; field: string },
    moment: string,
    db: Knex,
  ): Promise<Map<number, unknown>> {
    const rows = await PatreonChange.query(db)
      .distinctOn('record_id')
      .select('record_id', 'before')
      .where({ campaign_id: of.campaignId, resource: of.resource, field: of.field })
      .whereRaw('record_id = any(?::bigint[])', [of.ids])
      .where('changed_at', '>=', moment)
      .orderBy(['record_id', 'id']);
    return new Map(rows.map((row) => [row.record_id, row.before]));
  }

  private static ofRecord({ campaign_id, resource, id }: ChangedRecord, db: Knex) {
    return PatreonChange.query(db).where({ campaign_id, resource, record_id: id });
  }
}
