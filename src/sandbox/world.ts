import type { ResourceReader } from './document';
import type { ListedType, Population } from './population';
import type { Attributes, Related, Resource, ResourceType } from './resource';
import { RESOURCE_TYPES } from './resource-types';

export interface Patch {
  attributes?: Attributes | undefined;
  /** Ids per relationship, for instance `{ currently_entitled_tiers: ['7000002'] }`; null empties a to-one. */
  relationships?: Record<string, string[] | string | null> | undefined;
}

interface ListChanges {
  /** Base indexes of removed entries, ascending. */
  removed: number[];
  added: Resource[];
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
  private readonly added = new Map<string, { campaignId: string; resource: Resource }>();

  constructor(readonly population: Population) {}

  campaigns(): Resource[] {
    return this.population.campaigns().filter((campaign) => !this.isRemoved(campaign));
  }

  campaign(id: string): Resource | undefined {
    return this.campaigns().find((campaign) => campaign.id === id);
  }

  count(type: ListedType, campaignId: string): number {
    const changes = this.changes(type, campaignId);
    return this.population.count(type, campaignId) - changes.removed.length + changes.added.length;
  }

  page(type: ListedType, campaignId: string, offset: number, count: number): Resource[] {
    const { removed, added } = this.changes(type, campaignId);
    const total = this.population.count(type, campaignId);
    const page: Resource[] = [];
    let index = offset;
    for (const gone of removed) if (gone <= index) index += 1;
    for (; index < total && page.length < count; index += 1) {
      if (!removed.includes(index)) page.push(this.population.at(type, campaignId, index));
    }
    const addedFrom = Math.max(0, offset - (total - removed.length));
    return page.length < count ? [...page, ...added.slice(addedFrom, addedFrom + count - page.length)] : page;
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
    if (this.removedKeys.size === 0 || related === null) return related;
    if (Array.isArray(related)) return related.filter((one) => !this.isRemoved(one));
    return this.isRemoved(related) ? null : related;
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
    const added = this.added.get(key);
    this.removedKeys.add(key);
    if (!isListed(type)) return;
    if (added !== undefined) {
      const changes = this.changes(type, added.campaignId);
      changes.added.splice(changes.added.indexOf(added.resource), 1);
      this.added.delete(key);
      return;
    }
    const place = this.population.locate(type, id);
    if (place === undefined || place.index >= this.population.count(type, place.campaignId)) return;
    const { removed } = this.changes(type, place.campaignId);
    if (!removed.includes(place.index)) removed.push(place.index);
    removed.sort((a, b) => a - b);
  }

  add(campaignId: string, resource: Resource): void {
    if (!isListed(resource.type)) throw new Error(`Only members and posts can be added, not ${resource.type}.`);
    const key = keyOf(resource.type, resource.id);
    this.removedKeys.delete(key);
    this.added.set(key, { campaignId, resource });
    this.changes(resource.type, campaignId).added.push(resource);
  }

  private isRemoved(resource: Resource): boolean {
    return this.removedKeys.has(keyOf(resource.type, resource.id));
  }

  private changes(type: ListedType, campaignId: string): ListChanges {
    const key = `${type}:${campaignId}`;
    const changes = this.lists.get(key) ?? { removed: [], added: [] };
    this.lists.set(key, changes);
    return changes;
  }

  private resolve(type: ResourceType, ids: string[] | string | null): Related {
    if (ids === null) return null;
    if (typeof ids === 'string') return this.get(type, ids) ?? null;
    return ids.map((id) => this.get(type, id)).filter((one) => one !== undefined);
  }
}
