import type { ResourceReader } from './document';
import { ListChanges, type ListEnd } from './list-changes';
import type { ListedType, Population } from './population';
import type { Attributes, Related, Resource, ResourceType } from './resource';
import { RESOURCE_TYPES } from './resource-types';

export interface Patch {
  attributes?: Attributes | undefined;
  /** Ids per relationship, for instance `{ currently_entitled_tiers: ['7000002'] }`; null empties a to-one. */
  relationships?: Record<string, string[] | string | null> | undefined;
}

interface Added {
  campaignId: string;
  resource: Resource;
  position: ListEnd;
}

const keyOf = (type: ResourceType, id: string): string => `${type}:${id}`;

const isListed = (type: ResourceType): type is ListedType => type === 'member' || type === 'post';

/**
 * The population together with everything that was changed, added or removed since the sandbox started.
 * The changes are kept apart, so that a large population need not be held in memory.
 */
export class World implements ResourceReader {
  private readonly patches = new Map<string, Patch>();
  private readonly removedKeys = new Set<string>();
  private readonly lists = new Map<string, ListChanges>();
  private readonly added = new Map<string, Added>();

  private readonly appended = new Map<string, Resource[]>();

  constructor(readonly population: Population) {}

  campaigns(): Resource[] {
    return this.population.campaigns().filter((campaign) => !this.isRemoved(campaign));
  }

  campaign(id: string): Resource | undefined {
    return this.campaigns().find((campaign) => campaign.id === id);
  }

  count(type: ListedType, campaignId: string): number {
    return this.changes(type, campaignId).count(this.population.count(type, campaignId));
  }

  page(type: ListedType, campaignId: string, offset: number, count: number): Resource[] {
    const total = this.population.count(type, campaignId);
    const at = (index: number): Resource => this.population.at(type, campaignId, index);
    return this.changes(type, campaignId).page(offset, count, total, at);
  }

  get(type: ResourceType, id: string): Resource | undefined {
    const key = keyOf(type, id);
    if (this.removedKeys.has(key)) return undefined;
    const added = this.added.get(key);
    if (added !== undefined) return added.resource;
    if (!isListed(type)) return this.population.find(type, id);
    const place = this.population.locate(type, id);
    return place && this.population.at(type, place.campaignId, place.index);
  }

  campaignIdOf(type: ListedType, id: string): string | undefined {
    return this.added.get(keyOf(type, id))?.campaignId ?? this.population.locate(type, id)?.campaignId;
  }

  attributes(resource: Resource): Attributes {
    const changed = this.patches.get(keyOf(resource.type, resource.id))?.attributes;
    return changed === undefined ? resource.attributes : { ...resource.attributes, ...changed };
  }

  related(resource: Resource, relationship: string): Related {
    const patch = this.patches.get(keyOf(resource.type, resource.id))?.relationships?.[relationship];
    const type = RESOURCE_TYPES[resource.type].relationships[relationship];
    const related = patch === undefined || !type ? resource.related(relationship) : this.resolve(type, patch);
    if (related === null || (this.removedKeys.size === 0 && this.appended.size === 0)) return related;
    if (!Array.isArray(related)) return this.isRemoved(related) ? null : related;
    const appended = this.appended.get(`${keyOf(resource.type, resource.id)} ${relationship}`) ?? [];
    return [...related, ...appended].filter((one) => !this.isRemoved(one));
  }

  /** Adds to a relationship resources that can be met nowhere else. */
  append(type: ResourceType, id: string, relationship: string, resources: Resource[]): void {
    const key = `${keyOf(type, id)} ${relationship}`;
    this.appended.set(key, [...(this.appended.get(key) ?? []), ...resources]);
  }

  patch(type: ResourceType, id: string, patch: Patch): void {
    const key = keyOf(type, id);
    const former = this.patches.get(key);
    this.patches.set(key, {
      attributes: { ...former?.attributes, ...patch.attributes },
      relationships: { ...former?.relationships, ...patch.relationships },
    });
  }

  remove(type: ResourceType, id: string): void {
    const key = keyOf(type, id);
    if (this.removedKeys.has(key)) return;
    this.removedKeys.add(key);
    if (!isListed(type)) return;
    const added = this.added.get(key);
    if (added !== undefined) this.changes(type, added.campaignId).drop(added.resource);
    else this.onPlace(type, id, (changes, index) => changes.remove(index));
  }

  /** Brings back what was removed, to the place it had; nothing happens to what was not. */
  restore(type: ResourceType, id: string): void {
    const key = keyOf(type, id);
    if (!this.removedKeys.delete(key) || !isListed(type)) return;
    const added = this.added.get(key);
    if (added !== undefined) this.changes(type, added.campaignId).add(added.resource, added.position);
    else this.onPlace(type, id, (changes, index) => changes.restore(index));
  }

  add(campaignId: string, resource: Resource, position: ListEnd = 'end'): void {
    if (!isListed(resource.type)) throw new Error(`Only members and posts can be added, not ${resource.type}.`);
    const key = keyOf(resource.type, resource.id);
    this.removedKeys.delete(key);
    this.added.set(key, { campaignId, resource, position });
    this.changes(resource.type, campaignId).add(resource, position);
  }

  private onPlace(type: ListedType, id: string, change: (changes: ListChanges, index: number) => void): void {
    const place = this.population.locate(type, id);
    if (place === undefined || place.index >= this.population.count(type, place.campaignId)) return;
    change(this.changes(type, place.campaignId), place.index);
  }

  private isRemoved(resource: Resource): boolean {
    return this.removedKeys.has(keyOf(resource.type, resource.id));
  }

  private changes(type: ListedType, campaignId: string): ListChanges {
    const key = `${type}:${campaignId}`;
    const changes = this.lists.get(key) ?? new ListChanges();
    this.lists.set(key, changes);
    return changes;
  }

  private resolve(type: ResourceType, ids: string[] | string | null): Related {
    if (ids === null) return null;
    if (typeof ids === 'string') return this.get(type, ids) ?? null;
    return ids.map((id) => this.get(type, id)).filter((one) => one !== undefined);
  }
}
