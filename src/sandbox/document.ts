import type { IncludeTree, ReadQuery } from './query';
import type { Attributes, Json, Related, Resource } from './resource';
import { RESOURCE_TYPES } from './resource-types';

/** The site's own address: `links` are labels that name it wherever the sandbox listens. */
const API_ROOT = 'https://www.patreon.com/api/oauth2/v2';

/** The current state of a resource, with the changes that were made to the sandbox since it started. */
export interface ResourceReader {
  attributes(resource: Resource): Attributes;
  related(resource: Resource, relationship: string): Related;
}

interface Identifier {
  id: string;
  type: string;
}

type Relationship = { data: Identifier; links: { related: string } } | { data: Identifier[] | null };

interface ResourceObject {
  attributes: Attributes;
  id: string;
  relationships?: Record<string, Relationship>;
  type: string;
}

export interface JsonApiDocument {
  data: ResourceObject | ResourceObject[];
  included?: ResourceObject[];
  links?: { self: string };
  meta?: { pagination: { cursors?: { next: string | null }; total: number } };
}

export const resourceAddress = (resource: Pick<Resource, 'type' | 'id'>): string =>
  `${API_ROOT}/${RESOURCE_TYPES[resource.type].path}/${resource.id}`;

const identifier = (resource: Resource): Identifier => ({ id: resource.id, type: resource.type });

function pick(attributes: Attributes, names: readonly string[] | undefined): Attributes {
  const picked: Record<string, Json> = {};
  if (names === undefined) return picked;
  for (const name of names) {
    const value = attributes[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

function relationship(name: string, related: Related): Relationship {
  // Patreon answers null, not an empty list, for the retired goals.
  if (related === null || name === 'goals') return { data: null };
  if (Array.isArray(related)) return { data: related.map(identifier) };
  return { data: identifier(related), links: { related: resourceAddress(related) } };
}

/** Collects the resources of one document; `included` holds each of them once. */
class DocumentBuilder {
  private readonly included = new Map<string, ResourceObject>();
  private readonly primaryKeys = new Map<string, ResourceObject>();

  constructor(
    private readonly reader: ResourceReader,
    private readonly fields: ReadQuery['fields'],
  ) {}

  addPrimary(resource: Resource, tree: IncludeTree): ResourceObject {
    const object = this.resourceObject(resource);
    this.primaryKeys.set(`${resource.type}:${resource.id}`, object);
    this.followIncludes(resource, object, tree);
    return object;
  }

  get includedObjects(): ResourceObject[] {
    return [...this.included.values()];
  }

  private resourceObject(resource: Resource): ResourceObject {
    const names = this.fields.get(resource.type);
    const attributes = pick(names === undefined ? {} : this.reader.attributes(resource), names);
    return { attributes, id: resource.id, type: resource.type };
  }

  private followIncludes(resource: Resource, object: ResourceObject, tree: IncludeTree): void {
    if (tree.size === 0) return;
    const relationships = object.relationships ?? {};
    for (const [name, branch] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const related = this.reader.related(resource, name);
      relationships[name] = relationship(name, related);
      for (const one of Array.isArray(related) ? related : related === null ? [] : [related]) this.include(one, branch);
    }
    object.relationships = relationships;
  }

  private include(resource: Resource, branch: IncludeTree): void {
    const key = `${resource.type}:${resource.id}`;
    let object = this.primaryKeys.get(key) ?? this.included.get(key);
    if (object === undefined) {
      object = this.resourceObject(resource);
      this.included.set(key, object);
    }
    this.followIncludes(resource, object, branch);
  }
}

/** Puts the keys in alphabetical order, as Patreon sends them. */
const ordered = ({ attributes, id, relationships, type }: ResourceObject): ResourceObject =>
  relationships === undefined ? { attributes, id, type } : { attributes, id, relationships, type };

const includedPart = (builder: DocumentBuilder): { included?: ResourceObject[] } => {
  const included = builder.includedObjects.map(ordered);
  return included.length === 0 ? {} : { included };
};

export function singleDocument(reader: ResourceReader, resource: Resource, query: ReadQuery): JsonApiDocument {
  const builder = new DocumentBuilder(reader, query.fields);
  const data = ordered(builder.addPrimary(resource, query.include));
  return { data, ...includedPart(builder), links: { self: resourceAddress(resource) } };
}

export interface Page {
  resources: Resource[];
  /** Undefined leaves the cursors out altogether. */
  next: string | null | undefined;
  total: number;
}

export function listDocument(reader: ResourceReader, page: Page, query: ReadQuery): JsonApiDocument {
  const builder = new DocumentBuilder(reader, query.fields);
  const data = page.resources.map((resource) => builder.addPrimary(resource, query.include)).map(ordered);
  const { next, total } = page;
  const pagination = next === undefined ? { total } : { cursors: { next }, total };
  return { data, ...includedPart(builder), meta: { pagination } };
}
