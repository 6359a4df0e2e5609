import type { Knex } from 'knex';
import type { Context } from '../../context';
import { type UpsertCounts, upsertMany } from '../../db/upsert-many';
import type { DroppedName, PatreonClient } from '../../patreon/client';
import type { Campaign } from '../../patreon/resources';
import type { RecordStore } from './list-resource';
import { benefitRow, campaignRow, tierRow } from './mappers/campaign.mapper';
import type { ReadInterval } from './read-stamps';

/** What reads a campaign: a run, or a person who refreshes it. */
export interface CampaignReader {
  context: Context;
  client: PatreonClient;
  credentialId: number;
  /** Sends one request, when it may be sent. */
  read<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** A transaction whose changes are known by where they come from. */
  write<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
}

/** A campaign as one read told it. */
export interface CampaignAnswer extends ReadInterval {
  campaign: Campaign;
  dropped: readonly DroppedName[];
}

const KEY = ['campaign_id', 'patreon_id'] as const;

/** Stores a campaign by itself and answers its row id. */
export async function storeCampaign(
  trx: Knex.Transaction,
  credentialId: number,
  { campaign, dropped, startSeq }: Omit<CampaignAnswer, 'endSeq'>,
): Promise<{ campaignId: number; counts: UpsertCounts }> {
  const counts = await upsertMany(trx, { table: 'patreon_campaigns', key: ['patreon_id'], readSeq: startSeq }, [
    campaignRow(campaign, credentialId, dropped),
  ]);
  const row = await trx('patreon_campaigns').where({ patreon_id: campaign.id }).first('id');
  return { campaignId: row.id, counts };
}

/** Stores the tiers and benefits that came with a campaign; answers what became of the tiers. */
export async function storeTiers(
  trx: Knex.Transaction,
  campaignId: number,
  { campaign, dropped, startSeq }: Omit<CampaignAnswer, 'endSeq'>,
): Promise<UpsertCounts> {
  const tiers = campaign.tiers.map((tier) => tierRow(tier, campaignId, dropped));
  const counts = await upsertMany(trx, { table: 'patreon_tiers', key: KEY, readSeq: startSeq }, tiers);
  const benefits = campaign.benefits.map((benefit) => benefitRow(benefit, campaignId, dropped));
  await upsertMany(trx, { table: 'patreon_benefits', key: KEY, readSeq: startSeq }, benefits);
  return counts;
}

/** A campaign with all that comes with it and nowhere else, for a read of it alone. */
export function campaignStore(credentialId: number): RecordStore<Campaign> {
  return {
    resource: 'campaigns',
    type: 'campaign',
    table: 'patreon_campaigns',
    async store(trx, { items, dropped, readSeq }) {
      const total = { created: 0, updated: 0, unchanged: 0 };
      for (const campaign of items) {
        const answer = { campaign, dropped, startSeq: readSeq as number };
        const { campaignId, counts } = await storeCampaign(trx, credentialId, answer);
        const tiers = await storeTiers(trx, campaignId, answer);
        for (const name of ['created', 'updated', 'unchanged'] as const) total[name] += counts[name] + tiers[name];
      }
      return total;
    },
  };
}
