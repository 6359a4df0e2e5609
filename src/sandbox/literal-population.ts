import type { JsonApiDocument } from './document';
import type { ImageAddresses } from './image-addresses';
import type { ListedType, Place, Population } from './population';
import type { Attributes, Related, Resource, ResourceType } from './resource';

type ResourceObject = Exclude<JsonApiDocument['data'], unknown[]>;

type Linkage = { id: string; type: string };

/** A resource that was read from documents; what several documents say of it is put together. */
class LiteralResource implements Resource {
  readonly attributes: Attributes = {};
  private readonly linkages = new Map<string, Linkage | Linkage[] | null>();

  constructor(
    readonly type: ResourceType,
    readonly id: string,
    private readonly resolve: (linkage: Linkage) => Resource,
  ) {}

  learn(object: ResourceObject): void {
    Object.assign(this.attributes, object.attributes);
    for (const [name, { data }] of Object.entries(object.relationships ?? {})) this.linkages.set(name, data);
  }

  linkage(name: string): Linkage | undefined {
    const data = this.linkages.get(name);
    return data === undefined || data === null || Array.isArray(data) ? undefined : data;
  }

  link(name: string, linkage: Linkage): void {
    if (!this.linkages.has(name)) this.linkages.set(name, linkage);
  }

  related(relationship: string): Related {
    const data = this.linkages.get(relationship) ?? (TO_MANY.has(relationship) ? [] : null);
    if (data === null) return null;
    return Array.isArray(data) ? data.map(this.resolve) : this.resolve(data);
  }
}

const TO_MANY = new Set(['benefits', 'currently_entitled_tiers', 'memberships', 'pledge_history', 'tiers']);

const isListed = (type: string): type is ListedType => type === 'member' || type === 'post';

/**
 * The people and things in a set of ready JSON:API documents, for instance recorded answers. Members and posts that
 * stand in a document's list are listed, in that order; those met elsewhere can be read one by one. What names no
 * campaign belongs to the first campaign that has a creator.
 */
export class LiteralPopulation implements Population {
  private readonly resources = new Map<string, LiteralResource>();
  private readonly lists: Record<ListedType, Map<string, Resource[]>> = { member: new Map(), post: new Map() };
  private readonly listedCounts = new Map<string, number>();
  private readonly home: LiteralResource | undefined;

  constructor(documents: JsonApiDocument[], images: ImageAddresses) {
    const rehosted: JsonApiDocument[] = JSON.parse(images.rehost(JSON.stringify(documents)));
    for (const { data, included = [] } of rehosted) {
      for (const object of [...(Array.isArray(data) ? data : [data]), ...included]) this.learn(object);
    }
    this.home = this.ofType('campaign').find((campaign) => campaign.linkage('creator') !== undefined);
    for (const { data } of rehosted) if (Array.isArray(data)) for (const object of data) this.enlist(object);
    for (const [key, list] of this.listEntries()) this.listedCounts.set(key, list.length);
    for (const resource of this.resources.values()) this.enlist(resource);
  }

  campaigns(): Resource[] {
    return this.ofType('campaign');
  }

  creators(): Resource[] {
    const owners = this.ofType('campaign').map((campaign) => campaign.linkage('creator'));
    return owners.filter((owner) => owner !== undefined).map((owner) => this.resource(owner));
  }

  ownerOf(campaignId: string): string | undefined {
    return this.resources.get(`campaign:${campaignId}`)?.linkage('creator')?.id;
  }

  count(type: ListedType, campaignId: string): number {
    return this.listedCounts.get(`${type}:${campaignId}`) ?? 0;
  }

  at(type: ListedType, campaignId: string, index: number): Resource {
    const resource = this.lists[type].get(campaignId)?.[index];
    if (resource === undefined) throw new Error(`Campaign ${campaignId} has no ${type} ${index}.`);
    return resource;
  }

  locate(type: ListedType, id: string): Place | undefined {
    for (const [campaignId, list] of this.lists[type]) {
      const index = list.findIndex((resource) => resource.id === id);
      if (index >= 0) return { campaignId, index };
    }
    return undefined;
  }

  find(type: ResourceType, id: string): Resource | undefined {
    return this.resources.get(`${type}:${id}`);
  }

  /** Recorded addresses carry hashes that nobody can recompute. */
  acceptsImage(): boolean {
    return true;
  }

  private ofType(type: ResourceType): LiteralResource[] {
    return [...this.resources.values()].filter((resource) => resource.type === type);
  }

  private resource({ type, id }: Linkage): LiteralResource {
    const key = `${type}:${id}`;
    let resource = this.resources.get(key);
    if (resource === undefined) {
      resource = new LiteralResource(type as ResourceType, id, (linkage) => this.resource(linkage));
      this.resources.set(key, resource);
    }
    return resource;
  }

  private learn(object: ResourceObject): void {
    this.resource(object).learn(object);
  }

  private enlist({ type, id }: Linkage): void {
    if (!isListed(type)) return;
    const resource = this.resource({ type, id });
    if (this.home !== undefined) resource.link('campaign', { type: 'campaign', id: this.home.id });
    const campaignId = resource.linkage('campaign')?.id ?? '';
    const list = this.lists[type].get(campaignId) ?? [];
    this.lists[type].set(campaignId, list);
    if (!list.includes(resource)) list.push(resource);
  }

  private *listEntries(): Iterable<[key: string, list: Resource[]]> {
    for (const type of ['member', 'post'] as const) {
      for (const [campaignId, list] of this.lists[type]) yield [`${type}:${campaignId}`, list];
    }
  }
}
