import type { Json, Related, Resource } from './resource';
import type { World } from './world';

const many = (related: Related): Resource[] => (Array.isArray(related) ? related : related === null ? [] : [related]);

function plain(world: World, resource: Resource): { id: string; attributes: Json } {
  return { id: resource.id, attributes: world.attributes(resource) };
}

const idsOf = (world: World, resource: Resource, relationship: string): string[] =>
  many(world.related(resource, relationship)).map(({ id }) => id);

const one = (world: World, resource: Resource, relationship: string): Json => {
  const [related] = many(world.related(resource, relationship));
  return related === undefined ? null : plain(world, related);
};

/** A member with everything that hangs on them, as one plain row. */
export function memberRow(world: World, member: Resource) {
  return {
    ...plain(world, member),
    campaign_id: idsOf(world, member, 'campaign')[0] ?? null,
    tiers: idsOf(world, member, 'currently_entitled_tiers'),
    user: one(world, member, 'user'),
    address: one(world, member, 'address'),
    pledge_events: many(world.related(member, 'pledge_history')).map((event) => plain(world, event)),
  };
}

export function campaignRow(world: World, campaign: Resource) {
  return {
    ...plain(world, campaign),
    creator: one(world, campaign, 'creator'),
    owner_id: world.population.ownerOf(campaign.id) ?? null,
    tiers: idsOf(world, campaign, 'tiers'),
    benefits: idsOf(world, campaign, 'benefits'),
    members: world.count('member', campaign.id),
    posts: world.count('post', campaign.id),
  };
}

export const tierRows = (world: World, campaign: Resource) =>
  many(world.related(campaign, 'tiers')).map((tier) => ({
    ...plain(world, tier),
    campaign_id: campaign.id,
    benefits: idsOf(world, tier, 'benefits'),
  }));

export const benefitRows = (world: World, campaign: Resource) =>
  many(world.related(campaign, 'benefits')).map((benefit) => ({
    ...plain(world, benefit),
    campaign_id: campaign.id,
    tiers: idsOf(world, benefit, 'tiers'),
  }));

export function postRow(world: World, campaign: Resource, post: Resource) {
  return { ...plain(world, post), campaign_id: campaign.id, user_id: idsOf(world, post, 'user')[0] ?? null };
}
