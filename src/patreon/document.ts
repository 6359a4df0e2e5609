import type { z } from 'zod';
import { attributeReader, isResourceId } from './attributes';
import { isObject } from './is-object';
import type { SentResources } from './sent-resources';
import { storableJson } from './storable';

/** A JSON:API resource object whose id and type are known to be good. */
export interface ResourceObject {
  type: string;
  id: string;
  attributes: unknown;
  relationships: Readonly<Record<string, unknown>>;
  raw: unknown;
}

/** A resource that could not be read: kept for quarantine while its neighbours are used. `raw` is storable as jsonb. */
export interface RejectedRecord {
  type: string;
  id: string | null;
  /** Paths and expectations, no values. */
  reason: string;
  raw: unknown;
}

/** Why one record is rejected; never leaves `src/patreon`. */
export class RecordProblem extends Error {}

/** Reads the resources of one document and collects those that are rejected. */
export class DocumentReader {
  readonly rejected: RejectedRecord[] = [];
  /** Places among the included resources, by type and id. */
  private readonly places = new Map<string, Map<unknown, number>>();

  constructor(readonly included: SentResources) {
    let type: string | undefined;
    let placesOfType = new Map<unknown, number>();
    for (let place = 0; place < included.length; place += 1) {
      const named = included.nameOf(place);
      if (typeof named?.type !== 'string' || typeof named.id !== 'string') continue;
      if (named.type !== type) {
        type = named.type;
        placesOfType = this.placesOf(type);
      }
      placesOfType.set(named.id, place);
    }
  }

  /** The resource, or null after noting it as rejected. */
  read<T>(type: string, raw: unknown, map: (resource: ResourceObject, reader: DocumentReader) => T): T | null {
    try {
      return map(parseResourceObject(type, raw), this);
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error;
      const id = isObject(raw) && isResourceId(raw.id) ? raw.id : null;
      this.rejected.push({ type, id, reason: error.message, raw: storableJson(raw) });
      return null;
    }
  }

  /** The included resource of that type and id; null when there is no id, when it was not sent or is rejected. */
  readIncluded<T>(type: string, id: string | null | undefined, map: (resource: ResourceObject) => T): T | null {
    const place = this.placeOfIncluded(type, id);
    return place === undefined ? null : this.read(type, this.included.at(place), map);
  }

  /** Where it stands in `included`. */
  placeOfIncluded(type: string, id: unknown): number | undefined {
    return this.places.get(type)?.get(id);
  }

  private placesOf(type: string): Map<unknown, number> {
    const known = this.places.get(type) ?? new Map<unknown, number>();
    this.places.set(type, known);
    return known;
  }

  readAllIncluded<T>(type: string, ids: readonly string[], map: (resource: ResourceObject) => T): T[] {
    return ids.map((id) => this.readIncluded(type, id, map)).filter((resource) => resource !== null);
  }
}

function parseResourceObject(type: string, raw: unknown): ResourceObject {
  if (!isObject(raw)) throw new RecordProblem('expected an object');
  if (raw.type !== type) throw new RecordProblem(`type: expected ${type}`);
  if (!isResourceId(raw.id)) throw new RecordProblem('id: expected text of 1 to 200 printable characters');
  const { attributes = {}, relationships = {} } = raw;
  if (!isObject(relationships)) throw new RecordProblem('relationships: expected an object');
  return { type, id: raw.id, attributes, relationships, raw };
}

const attributeReaders = new WeakMap<z.ZodObject, (sent: unknown) => unknown>();

/** Attributes as the schema wants them, absent ones null, unknown ones left out. Throws RecordProblem. */
export function parseAttributes<S extends z.ZodObject>(schema: S, resource: ResourceObject): z.output<S> {
  const attributes = readerFor(schema)(resource.attributes);
  if (attributes !== null) return attributes as z.output<S>;
  const result = schema.safeParse(resource.attributes);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${['attributes', ...issue.path].join('.')}: ${issue.message}`);
  throw new RecordProblem(problems.slice(0, 5).join('; '));
}

function readerFor(schema: z.ZodObject): (sent: unknown) => unknown {
  const known = attributeReaders.get(schema);
  if (known) return known;
  const reader = attributeReader(schema);
  attributeReaders.set(schema, reader);
  return reader;
}

/** Id of a to-one relationship: null when it is empty, undefined when the document does not carry it. */
export function toOne(resource: ResourceObject, name: string): string | null | undefined {
  const data = linkage(resource, name);
  return data === undefined || data === null ? data : linkedId(data, name);
}

/**
 * Ids of a to-many relationship, each once; undefined when the document does not carry it.
 * Patreon has been seen to send `data: null` for an empty one.
 */
export function toMany(resource: ResourceObject, name: string): string[] | undefined {
  const data = linkage(resource, name);
  if (data === undefined) return undefined;
  if (data === null) return [];
  if (!Array.isArray(data)) throw new RecordProblem(`relationships.${name}.data: expected a list`);
  return [...new Set(data.map((entry) => linkedId(entry, name)))];
}

/** Those of the named relationships that the document does not carry. */
export function missingRelationships<N extends string>(resource: ResourceObject, names: readonly N[]): N[] {
  return names.filter((name) => linkage(resource, name) === undefined);
}

function linkage(resource: ResourceObject, name: string): unknown {
  if (!Object.hasOwn(resource.relationships, name)) return undefined;
  const relationship = resource.relationships[name];
  if (relationship === null) return null;
  if (!isObject(relationship)) throw new RecordProblem(`relationships.${name}: expected an object`);
  return relationship.data;
}

function linkedId(data: unknown, name: string): string {
  if (isObject(data) && isResourceId(data.id)) return data.id;
  throw new RecordProblem(`relationships.${name}.data.id: expected text of 1 to 200 printable characters`);
}
