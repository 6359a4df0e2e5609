export type ListParameters = Record<string, string | undefined>;

/**
 * Builds addresses of one list: `address({ sort: 'title' })` keeps what the reader chose and changes what is named.
 * Any change but that of the page leads back to the first page; undefined leaves a parameter out.
 */
export function listAddress(path: string, chosen: ListParameters): (change?: ListParameters) => string {
  return (change = {}) => {
    const merged = { ...chosen, after: undefined, before: undefined, ...change };
    const given = Object.entries(merged).flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []));
    return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
  };
}
