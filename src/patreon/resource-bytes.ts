const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/** Begin and end of each object and list in a list, one after the other. */
type Extents = number[];

export interface ResourceExtents {
  data: Extents;
  included: Extents;
}

/**
 * Where the resources of a document's two lists lie in its bytes, for a document that has been parsed already: this looks
 * for quotes and brackets and takes the rest as well-formed. Null when a name of the document is written with escapes.
 */
export function resourceExtents(bytes: Uint8Array): ResourceExtents | null {
  const found: ResourceExtents = { data: [], included: [] };
  let list: Extents | null = null;
  let depth = 0;
  let name = '';
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const from = at + 1;
      at = endOfText(bytes, from);
      if (depth !== 1) continue;
      name = textOf(bytes, from, at);
      if (name.includes('\\')) return null;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth === 2) list = begin(found, name);
      else if (depth === 3) list?.push(at);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 2) list?.push(at + 1);
    }
  }
  return found;
}

/** Of two lists with one name the last is the one that a parser keeps. */
function begin(found: ResourceExtents, name: string): Extents | null {
  if (name !== 'data' && name !== 'included') return null;
  found[name] = [];
  return found[name];
}

function endOfText(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

const textOf = (bytes: Uint8Array, from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('utf8');
