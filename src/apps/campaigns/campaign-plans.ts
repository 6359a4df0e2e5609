import type { Knex } from 'knex';

/** What pages of campaigns and tiers show of planned changes. The plans app stands to the right of this one, so it is handed in. */
export interface CampaignPlans {
  /** The plan that waits for a tier. */
  ofTier(tierId: number, db: Knex): Promise<WaitingPlan | undefined>;
  /** The plan that waits for the texts of a campaign. */
  ofCampaign(campaignId: number, db: Knex): Promise<WaitingPlan | undefined>;
  /** The same for many tiers, by tier. */
  listForTiers(tierIds: readonly number[], db: Knex): Promise<Map<number, PlanMark>>;
  /** How many plans wait, by campaign. */
  countWaiting(campaignIds: readonly number[], db: Knex): Promise<Map<number, number>>;
}

export interface PlanMark {
  id: number;
  state: string;
}

export interface WaitingPlan extends PlanMark {
  resource: string;
  action: string;
  values: { field: string; kind: string; wanted: unknown; state: string }[];
}
