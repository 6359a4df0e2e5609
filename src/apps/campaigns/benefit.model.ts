import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** Something that tiers of a campaign promise. */
export class PatreonBenefit extends BaseModel {
  static override tableName = 'patreon_benefits';

  id!: number;
  campaign_id!: number;
  patreon_id!: string;
  app_external_id!: string | null;
  app_meta!: Record<string, unknown> | null;
  benefit_type!: string | null;
  created_at!: string | null;
  deliverables_due_today_count!: number | null;
  delivered_deliverables_count!: number | null;
  description!: string | null;
  is_deleted!: boolean | null;
  is_ended!: boolean | null;
  is_published!: boolean | null;
  next_deliverable_due_date!: string | null;
  not_delivered_deliverables_count!: number | null;
  rule_type!: string | null;
  /** Tiers that carry the benefit, by Patreon's count. */
  tiers_count!: number | null;
  title!: string | null;
  read_seq!: number;
  first_seen_at!: string;
  changed_at!: string;
  gone_at!: string | null;

  /** The live benefits of one campaign, by title. */
  static async listByCampaign(campaignId: number, db: Knex, limit = 200): Promise<PatreonBenefit[]> {
    return PatreonBenefit.query(db)
      .where({ campaign_id: campaignId })
      .whereNull('gone_at')
      .orderByRaw('title collate "und-x-icu", id')
      .limit(limit);
  }

  /** Benefits by Patreon's own ids, in the order of their titles. */
  static async listByPatreonIds(
    campaignId: number,
    patreonIds: readonly string[],
    db: Knex,
  ): Promise<PatreonBenefit[]> {
    return PatreonBenefit.query(db)
      .where({ campaign_id: campaignId })
      .whereRaw('patreon_id = any(?::text[])', [patreonIds])
      .orderByRaw('title collate "und-x-icu", id');
  }
}
