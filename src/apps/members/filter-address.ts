import { CONDITION_NAMES, GROUP_PREFIXES, memberScope } from './members.schemas';

/** Every parameter of the list but the place of a page, in the order of a canonical query. */
const PARAMETERS = [
  ...Object.keys(memberScope.shape),
  ...GROUP_PREFIXES.flatMap((prefix) => CONDITION_NAMES.map((name) => prefix + name)),
  'sort',
  'columns',
];

/** What was asked for of a list, in one order, without repetitions and empty values. */
export function canonicalQuery(query: Record<string, unknown>): URLSearchParams {
  const canonical = new URLSearchParams();
  for (const name of PARAMETERS) {
    const values = [query[name]].flat().filter((value) => typeof value === 'string' && value !== '') as string[];
    for (const value of new Set(values)) canonical.append(name, value);
  }
  return canonical;
}

export type AddressChange = Record<string, string | undefined>;

/**
 * Builds addresses of the list: `address({ sort: 'name' })` keeps what the reader chose and changes what is named, which
 * leads back to the first page. Undefined leaves a parameter out.
 */
export function memberAddress(path: string, chosen: URLSearchParams): (change?: AddressChange) => string {
  return (change = {}) => {
    const params = new URLSearchParams(chosen);
    for (const [name, value] of Object.entries(change)) {
      if (value) params.set(name, value);
      else params.delete(name);
    }
    return params.size === 0 ? path : `${path}?${params}`;
  };
}
