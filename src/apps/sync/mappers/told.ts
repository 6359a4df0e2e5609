import type { DroppedName } from '../../../patreon/client';

/** The names of a resource type that Patreon no longer answers: their columns keep what they have. */
export function droppedFields(dropped: readonly DroppedName[], type: string): Set<string> {
  return new Set(dropped.filter((d) => d.parameter === 'fields' && d.type === type).map((d) => d.name));
}

/** The attributes without those that Patreon did not tell, each under its column's name. */
export function columns(
  attributes: Record<string, unknown>,
  untold: ReadonlySet<string>,
  prefix = '',
): Record<string, unknown> {
  if (untold.size === 0 && prefix === '') return attributes;
  const told: Record<string, unknown> = {};
  for (const name of Object.keys(attributes)) if (!untold.has(name)) told[prefix + name] = attributes[name];
  return told;
}
