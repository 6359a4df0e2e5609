import { invalidOnType, invalidParameter } from './api-error';
import type { ResourceType } from './resource';
import { isResourceType, RESOURCE_TYPES } from './resource-types';

export type IncludeTree = Map<string, IncludeTree>;

/** What one read asks for. `fields` holds sorted attribute names; a type that is not in it shows no attribute. */
export interface ReadQuery {
  fields: Map<ResourceType, string[]>;
  include: IncludeTree;
  count: number | null;
  cursor: string | null;
}

/** Answers whether Patreon has stopped knowing an attribute (a switch of the sandbox). */
export type IsWithdrawn = (type: ResourceType, attribute: string) => boolean;

const list = (value: string): string[] => value.split(',').filter((name) => name !== '');

function addFields(query: ReadQuery, parameter: string, type: string, value: string, isWithdrawn: IsWithdrawn): void {
  if (!isResourceType(type)) throw invalidOnType(parameter, type, type);
  const names = new Set(query.fields.get(type));
  for (const name of list(value)) {
    if (!RESOURCE_TYPES[type].attributes.includes(name) || isWithdrawn(type, name)) {
      throw invalidOnType(parameter, name, type);
    }
    names.add(name);
  }
  query.fields.set(type, [...names].sort());
}

function addInclude(tree: IncludeTree, rootType: ResourceType, path: string): void {
  let type = rootType;
  let branch = tree;
  for (const name of path.split('.')) {
    const relationships = RESOURCE_TYPES[type].relationships;
    const next = Object.hasOwn(relationships, name) ? relationships[name] : undefined;
    if (next === undefined) throw invalidOnType('include', path, rootType);
    const child: IncludeTree = branch.get(name) ?? new Map();
    branch.set(name, child);
    branch = child;
    type = next;
  }
}

function parseCount(value: string): number {
  const count = Number(value);
  if (!/^\d{1,9}$/.test(value) || count < 1) throw invalidParameter('page[count]');
  return count;
}

/**
 * Reads `fields[type]`, `include`, `page[count]` and `page[cursor]`; a parameter with any other name has no effect.
 * Throws the 400 document that names the first unknown field or include.
 */
export function parseReadQuery(search: URLSearchParams, rootType: ResourceType, isWithdrawn: IsWithdrawn): ReadQuery {
  const query: ReadQuery = { fields: new Map(), include: new Map(), count: null, cursor: null };
  for (const [name, value] of search) {
    const type = /^fields\[(.+)\]$/.exec(name)?.[1];
    if (type !== undefined) addFields(query, name, type, value, isWithdrawn);
    else if (name === 'include') for (const path of list(value)) addInclude(query.include, rootType, path);
    else if (name === 'page[count]') query.count = parseCount(value);
    else if (name === 'page[cursor]' && value !== '') query.cursor = value;
  }
  return query;
}

/** Drops an attribute that the token may not see, so that its key is left out of the answer. */
export function hideField(query: ReadQuery, type: ResourceType, attribute: string): void {
  const names = query.fields.get(type);
  if (names !== undefined)
    query.fields.set(
      type,
      names.filter((name) => name !== attribute),
    );
}

/** Whether any path of the include leads to the type. */
export function includesType(tree: IncludeTree, rootType: ResourceType, wanted: ResourceType): boolean {
  for (const [name, branch] of tree) {
    const type = RESOURCE_TYPES[rootType].relationships[name];
    if (type !== undefined && (type === wanted || includesType(branch, type, wanted))) return true;
  }
  return false;
}
