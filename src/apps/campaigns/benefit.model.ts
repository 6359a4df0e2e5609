import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { BaseModel } from '../../db/base-model';
import { cappedCount, type KeysetPage, type KeysetPosition, type KeysetSort, keysetPage } from '../../db/keyset';
import { containing } from '../../db/like';

export const BENEFIT_STATES = ['offered', 'ended', 'deleted', 'gone'] as const;
export type BenefitState = (typeof BENEFIT_STATES)[number];

/** Each benefit is in exactly one state: the last of the list that holds. */
const STATE_SQL: Record<BenefitState, string> = {
  offered: 'gone_at is null and is_deleted is not true and is_ended is not true',
  ended: 'gone_at is null and is_deleted is not true and is_ended',
  deleted: 'gone_at is null and is_deleted',
  gone: 'gone_at is not null',
};

export interface BenefitFilter {
  campaignId?: number | undefined;
  /** Part of the title. */
  q?: string | undefined;
  /** Unset: all but the gone ones. */
  state?: BenefitState | undefined;
}

/** Something that tiers of a campaign promise. */
export class PatreonBenefit extends BaseModel {
  static override tableName = 'patreon_benefits';

  /** What the list can be sorted by. Benefits are few: only the first order has an index. */
  static readonly sorts = {
    title: { value: `nullif(title, '') collate "und-x-icu"`, type: 'text' },
    due: { value: 'next_deliverable_due_date', type: 'timestamptz' },
  } as const satisfies Record<string, KeysetSort>;

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

  get state(): BenefitState {
    if (this.gone_at !== null) return 'gone';
    if (this.is_deleted) return 'deleted';
    return this.is_ended ? 'ended' : 'offered';
  }

  static async listPage(
    filter: BenefitFilter,
    sort: KeysetSort,
    position: KeysetPosition,
    db: Knex,
  ): Promise<KeysetPage<PatreonBenefit>> {
    return keysetPage(PatreonBenefit.matching(filter, db), sort, position);
  }

  static async countMatching(filter: BenefitFilter, db: Knex): Promise<{ count: number; capped: boolean }> {
    return cappedCount(PatreonBenefit.matching(filter, db));
  }

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

  private static matching(filter: BenefitFilter, db: Knex): QueryBuilder<PatreonBenefit, PatreonBenefit[]> {
    const query = PatreonBenefit.query(db).whereRaw(filter.state ? STATE_SQL[filter.state] : 'gone_at is null');
    if (filter.campaignId !== undefined) query.where('campaign_id', filter.campaignId);
    if (filter.q) query.where('title', 'ilike', containing(filter.q));
    return query;
  }
}
