import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** A campaign that was deleted here and that no sync brings back. */
export class IgnoredCampaign extends BaseModel {
  static override tableName = 'ignored_campaigns';
  static override idColumn = 'patreon_id';

  patreon_id!: string;
  /** Of the row that is being removed, or was. */
  campaign_id!: number;
  name!: string;
  ignored_by!: number | null;
  ignored_at!: string;
  /** Null while its rows are still being removed. */
  deleted_at!: string | null;

  /** Latest first, at most `limit`. */
  static async list(db: Knex, limit = 100): Promise<IgnoredCampaign[]> {
    return IgnoredCampaign.query(db).orderBy('ignored_at', 'desc').limit(limit);
  }

  /** Of our rows: those that are deleted and whose rows are not all removed yet. */
  static async listBeingRemoved(db: Knex): Promise<number[]> {
    const rows = await IgnoredCampaign.query(db).select('campaign_id').whereNull('deleted_at');
    return rows.map((row) => row.campaign_id);
  }

  static async findByCampaign(campaignId: number, db: Knex): Promise<IgnoredCampaign | undefined> {
    return IgnoredCampaign.query(db).where({ campaign_id: campaignId }).first();
  }
}
