import { type ImageAddresses, imageTokenHash } from '../image-addresses';
import type { ListedType, Place, Population } from '../population';
import type { Resource, ResourceType } from '../resource';
import { creatorResource, GeneratedCampaign } from './campaign';
import { type CampaignOptions, ids, planCampaign } from './campaign-plan';
import { GeneratedMember, type MemberSurroundings } from './member';
import { memberIndex } from './member-id';
import { generatedPost, type PostSurroundings } from './post';

export interface GeneratedPopulationOptions {
  seed: number;
  /** The moment at which all histories end, in milliseconds. */
  anchor: number;
  campaigns: CampaignOptions[];
  images: ImageAddresses;
  now(): number;
}

interface Room {
  campaign: GeneratedCampaign;
  memberSurroundings: MemberSurroundings;
  postSurroundings: PostSurroundings;
}

/** People and posts that follow from a seed: any of them is computed when it is asked for, none is kept. */
export class GeneratedPopulation implements Population {
  private readonly rooms = new Map<string, Room>();
  private readonly creatorResources: Resource[];

  constructor(private readonly options: GeneratedPopulationOptions) {
    options.campaigns.forEach((campaign, ordinal) => {
      this.addCampaign(campaign, ordinal);
    });
    const count = 1 + Math.max(0, ...options.campaigns.map((campaign) => campaign.creator ?? 0));
    this.creatorResources = Array.from({ length: count }, (_, creator) =>
      creatorResource(creator, options.images, () => this.firstCampaignOf(creator)),
    );
  }

  campaigns(): Resource[] {
    return [...this.rooms.values()].map((room) => room.campaign.resource());
  }

  creators(): Resource[] {
    return this.creatorResources;
  }

  ownerOf(campaignId: string): string | undefined {
    const room = this.rooms.get(campaignId);
    return room && ids.creator(room.campaign.plan.creator);
  }

  count(type: ListedType, campaignId: string): number {
    const plan = this.rooms.get(campaignId)?.campaign.plan;
    return (type === 'member' ? plan?.members : plan?.posts) ?? 0;
  }

  at(type: ListedType, campaignId: string, index: number): Resource {
    const room = this.rooms.get(campaignId);
    if (room === undefined) throw new Error(`No campaign ${campaignId}.`);
    return type === 'member'
      ? new GeneratedMember(room.memberSurroundings, index)
      : generatedPost(room.postSurroundings, index);
  }

  locate(type: ListedType, id: string): Place | undefined {
    for (const { campaign } of this.rooms.values()) {
      const { plan } = campaign;
      const index = type === 'member' ? memberIndex(plan.seed, id) : Number(id) - Number(ids.post(plan, 0));
      const isListed = index !== undefined && index >= 0 && index < this.count(type, plan.id);
      if (isListed && (type === 'member' || ids.post(plan, index) === id)) return { campaignId: plan.id, index };
    }
    return undefined;
  }

  find(type: ResourceType, id: string): Resource | undefined {
    const rooms = [...this.rooms.values()];
    switch (type) {
      case 'campaign':
        return this.rooms.get(id)?.campaign.resource();
      case 'tier':
        return rooms.flatMap((room) => room.campaign.tiers).find((tier) => tier.id === id);
      case 'benefit':
        return rooms.flatMap((room) => room.campaign.benefits).find((benefit) => benefit.id === id);
      case 'user':
        return this.creatorResources.find((creator) => creator.id === id) ?? this.personOf(type, id);
      case 'address':
        return this.personOf(type, id);
      default:
        return undefined;
    }
  }

  acceptsImage(path: string, tokenTime: string, tokenHash: string): boolean {
    return tokenHash.replace(/=$/, '') === imageTokenHash(path, tokenTime);
  }

  private addCampaign(campaignOptions: CampaignOptions, ordinal: number): void {
    const { seed, anchor, images, now } = this.options;
    const plan = planCampaign(campaignOptions, ordinal, seed, anchor);
    const creator = (): Resource => this.creatorResources[plan.creator] as Resource;
    const campaign = new GeneratedCampaign(plan, images, now, creator);
    const shared = { plan, images, campaign: () => campaign.resource() };
    this.rooms.set(plan.id, {
      campaign,
      memberSurroundings: { ...shared, tier: (position) => campaign.tiers[position] as Resource },
      postSurroundings: { ...shared, now, creator },
    });
  }

  private firstCampaignOf(creator: number): Resource | null {
    const rooms = [...this.rooms.values()];
    return rooms.find(({ campaign }) => campaign.plan.creator === creator)?.campaign.resource() ?? null;
  }

  private personOf(type: 'user' | 'address', id: string): Resource | undefined {
    for (const { campaign, memberSurroundings } of this.rooms.values()) {
      const index = Number(id) - Number(ids[type](campaign.plan, 0));
      if (!(index >= 0 && index < campaign.plan.members)) continue;
      const related = new GeneratedMember(memberSurroundings, index).related(type);
      if (related !== null && !Array.isArray(related) && related.id === id) return related;
    }
    return undefined;
  }
}
