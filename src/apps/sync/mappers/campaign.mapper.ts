import type { Row } from '../../../db/upsert-many';
import type { DroppedName } from '../../../patreon/client';
import type { Benefit, Campaign, Tier } from '../../../patreon/resources';
import { columns, droppedFields } from './told';

const CREATOR_COLUMNS = ['full_name', 'image_url', 'url', 'vanity'] as const;

/** A row of patreon_campaigns, for the credential through which it was read. */
export function campaignRow(campaign: Campaign, credentialId: number, dropped: readonly DroppedName[]): Row {
  const { id, creator_id, creator, tier_ids, tiers, benefit_ids, benefits, missing_relationships, ...attributes } =
    campaign;
  return {
    patreon_id: id,
    credential_id: credentialId,
    ...columns(attributes, droppedFields(dropped, 'campaign')),
    ...(missing_relationships.includes('creator') ? {} : creatorColumns(creator_id, creator)),
  };
}

function creatorColumns(id: string | null, creator: Campaign['creator']): Row {
  if (id !== null && creator === null) return { creator_patreon_id: id };
  return {
    creator_patreon_id: id,
    ...Object.fromEntries(CREATOR_COLUMNS.map((name) => [`creator_${name}`, creator?.[name] ?? null])),
  };
}

export function tierRow(tier: Tier, campaignId: number, dropped: readonly DroppedName[]): Row {
  const { id, benefit_ids, missing_relationships, ...attributes } = tier;
  return {
    campaign_id: campaignId,
    patreon_id: id,
    ...columns(attributes, droppedFields(dropped, 'tier')),
    ...(missing_relationships.includes('benefits') ? {} : { benefits: benefit_ids }),
  };
}

export function benefitRow({ id, ...attributes }: Benefit, campaignId: number, dropped: readonly DroppedName[]): Row {
  return { campaign_id: campaignId, patreon_id: id, ...columns(attributes, droppedFields(dropped, 'benefit')) };
}
