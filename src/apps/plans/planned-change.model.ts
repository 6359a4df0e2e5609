import type { Knex } from 'knex';
import { type QueryBuilder, raw } from 'objection';
import { BaseModel } from '../../db/base-model';
import { cappedCount, type KeysetPage, type KeysetPosition, type KeysetSort, keysetPage } from '../../db/keyset';
import type { PlannedField } from './plan-fields';
import { PlannedValue } from './planned-value.model';

export const PLAN_STATES = ['open', 'conflict', 'applied', 'discarded'] as const;
export type PlanState = (typeof PLAN_STATES)[number];

/** Those that wait for Patreon, or for an answer. */
export const WAITING: readonly PlanState[] = ['open', 'conflict'];

export interface PlanFilter {
  campaignId?: number | undefined;
  state?: PlanState | undefined;
  /** Waiting ones alone whose day is over. */
  isOverdue: boolean;
  /** Those alone that can still be made: nobody can make a change in a campaign that is gone. */
  isPossible?: boolean | undefined;
}

const POSSIBLE =
  'exists (select from patreon_campaigns c where c.id = planned_changes.campaign_id and c.gone_at is null)';

/** The day of a plan is over where its campaign is. */
const OVERDUE = `due_on < (now() at time zone coalesce(
  (select s.time_zone from campaign_settings s where s.campaign_id = planned_changes.campaign_id), 'UTC'))::date
  and ${POSSIBLE}`;

/** What staff want to be different on Patreon: one errand about one tier or campaign, with its fields in `planned_values`. */
export class PlannedChange extends BaseModel {
  static override tableName = 'planned_changes';

  static readonly sorts = {
    changed: { value: 'changed_at', type: 'timestamptz' },
  } as const satisfies Record<string, KeysetSort>;

  id!: number;
  campaign_id!: number;
  resource!: 'tier' | 'campaign';
  action!: 'create' | 'edit' | 'delete';
  /** Null for a campaign, and for a tier that is not there yet. */
  tier_id!: number | null;
  known_tier_id!: number;
  state!: PlanState;
  needs_answer!: boolean;
  reason!: string;
  /** `2026-11-30`, by the calendar of the campaign's time zone. */
  due_on!: string | null;
  created_by!: number | null;
  created_at!: string;
  changed_at!: string;
  handed_off_by!: number | null;
  handed_off_at!: string | null;
  settled_by!: number | null;
  settled_at!: string | null;

  get isWaiting(): boolean {
    return WAITING.includes(this.state);
  }

  /** An id beyond the column's range is compared as a bigint, and so is merely unknown. */
  static async findById(id: number, db: Knex): Promise<PlannedChange | undefined> {
    return PlannedChange.query(db)
      .where('id', raw('?::bigint', [id]))
      .first();
  }

  static async findWaitingForTier(tierId: number, db: Knex): Promise<PlannedChange | undefined> {
    return PlannedChange.query(db)
      .where({ tier_id: tierId })
      .whereIn('state', [...WAITING])
      .first();
  }

  static async findWaitingForCampaign(campaignId: number, db: Knex): Promise<PlannedChange | undefined> {
    return PlannedChange.query(db)
      .where({ campaign_id: campaignId, resource: 'campaign' })
      .whereIn('state', [...WAITING])
      .first();
  }

  /** How many new tiers of a campaign wait to appear on Patreon. */
  static async countWaitingTiers(campaignId: number, db: Knex): Promise<number> {
    return PlannedChange.query(db)
      .where({ campaign_id: campaignId, action: 'create' })
      .whereNull('tier_id')
      .whereIn('state', [...WAITING])
      .resultSize();
  }

  /** The waiting plans of these tiers, by tier. */
  static async listForTiers(tierIds: readonly number[], db: Knex): Promise<Map<number, PlannedChange>> {
    const plans = await PlannedChange.query(db)
      .whereRaw('tier_id = any(?::int[])', [[...tierIds]])
      .whereIn('state', [...WAITING]);
    return new Map(plans.map((plan) => [plan.tier_id as number, plan]));
  }

  /** How many plans wait, by campaign. */
  static async countWaiting(campaignIds: readonly number[], db: Knex): Promise<Map<number, number>> {
    const rows = await db('planned_changes')
      .select('campaign_id')
      .count<{ campaign_id: number; count: number }[]>('* as count')
      .whereRaw('campaign_id = any(?::int[])', [[...campaignIds]])
      .whereIn('state', [...WAITING])
      .groupBy('campaign_id');
    return new Map(rows.map((row) => [row.campaign_id, row.count]));
  }

  static async listPage(
    filter: PlanFilter,
    sort: KeysetSort,
    position: KeysetPosition,
    db: Knex,
  ): Promise<KeysetPage<PlannedChange>> {
    return keysetPage(PlannedChange.matching(filter, db), sort, position);
  }

  static async countMatching(filter: PlanFilter, db: Knex): Promise<{ count: number; capped: boolean }> {
    return cappedCount(PlannedChange.matching(filter, db));
  }

  private static matching(filter: PlanFilter, db: Knex): QueryBuilder<PlannedChange, PlannedChange[]> {
    const query = PlannedChange.query(db);
    if (filter.campaignId !== undefined) query.where('campaign_id', filter.campaignId);
    if (filter.state) query.where('state', filter.state);
    if (filter.isOverdue) query.whereIn('state', [...WAITING]).whereRaw(OVERDUE);
    if (filter.isPossible) query.whereRaw(POSSIBLE);
    return query;
  }
}

/** The values of these plans, by plan, each in the order of the forms. */
export async function valuesByPlan(
  planIds: readonly number[],
  order: readonly PlannedField[],
  db: Knex,
): Promise<Map<number, PlannedValue[]>> {
  const values = await PlannedValue.query(db).whereRaw('plan_id = any(?::bigint[])', [[...planIds]]);
  const place = ({ field }: PlannedValue) => order.indexOf(field);
  values.sort((a, b) => place(a) - place(b));
  const found = new Map<number, PlannedValue[]>(planIds.map((id) => [id, []]));
  for (const value of values) found.get(value.plan_id)?.push(value);
  return found;
}
