/** A resource as it lies in the bytes of a document. */
export interface OutlinedResource {
  begin: number;
  /** The byte after it. */
  end: number;
  /** Null when the resource has none, or writes it in a way that only a parser reads. */
  type: string | null;
  id: string | null;
  /** Types and ids of all that the resource names anywhere within, one after the other. */
  links: string[];
  /** Something in it is written with escapes: `links` may lack some. */
  isOdd: boolean;
}

export interface DocumentOutline {
  data: OutlinedResource[];
  included: OutlinedResource[];
  /** The document's text with both lists empty. */
  rest: string;
}

/**
 * Where the resources of a document's two lists lie in its bytes, so that those which are known already need not be parsed.
 * Looks for names, quotes and brackets only: whoever parses a resource, or `rest`, finds what else is wrong. Null where
 * only a parser can tell: when the primary data is no list, a list holds something else than objects, a name of
 * the document comes twice or is written with escapes, or brackets do not match.
 */
export function outlineOf(bytes: Uint8Array): DocumentOutline | null {
  return new Outliner(bytes).read();
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;
const ID = Buffer.from('id');
const TYPE = Buffer.from('type');

/** Depth of the document's own members, of the elements of its lists, and within those. */
const [DOCUMENT, LIST, ELEMENT] = [1, 2, 3];
type Named = 'id' | 'type' | null;

class Outliner {
  private readonly buffer: Buffer;
  private readonly lists = new Map<string, OutlinedResource[]>();
  /** Begin and end of each list, brackets included. */
  private readonly cuts: number[] = [];
  private depth = 0;
  private readonly isObject: boolean[] = [false];
  private readonly named: Named[] = [null];
  private readonly ids: (string | null)[] = [null];
  private readonly types: (string | null)[] = [null];
  private expectsName = false;
  /** Whether the text that was read last has escapes. */
  private isEscaped = false;
  private lastType: { begin: number; end: number; text: string | null } = { begin: 0, end: 0, text: null };
  private memberName = '';
  private readonly memberNames = new Set<string>();
  private list: OutlinedResource[] | null = null;
  private element: OutlinedResource | null = null;
  /** In a list: an element has just ended, so that a comma or the end follows. */
  private isAfterElement = false;

  constructor(private readonly bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): DocumentOutline | null {
    const { bytes } = this;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        const from = at + 1;
        at = this.endOfText(from);
        if (!this.takeText(from, at)) return null;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (!this.open(byte === OPEN_BRACE, at)) return null;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (!this.close(byte === CLOSE_BRACE, at + 1)) return null;
      } else if (byte === COLON) this.expectsName = false;
      else if (byte === COMMA) {
        if (!this.separate()) return null;
      } else if (byte > SPACE && this.list !== null && this.depth === LIST) return null;
    }
    return this.outline();
  }

  private outline(): DocumentOutline | null {
    const data = this.lists.get('data');
    if (this.depth !== 0 || !data) return null;
    let rest = '';
    let from = 0;
    for (let cut = 0; cut < this.cuts.length; cut += 2) {
      rest += `${this.text(from, this.cuts[cut] as number)}[]`;
      from = this.cuts[cut + 1] as number;
    }
    rest += this.text(from, this.bytes.length);
    return { data, included: this.lists.get('included') ?? [], rest };
  }

  private text(from: number, to: number): string {
    return this.buffer.toString('utf8', from, to);
  }

  private open(isObject: boolean, at: number): boolean {
    const { depth } = this;
    if (depth === LIST && this.list !== null) {
      if (!isObject || this.isAfterElement) return false;
      this.element = { begin: at, end: at, type: null, id: null, links: [], isOdd: false };
      this.list.push(this.element);
    } else if (depth === DOCUMENT && !isObject && (this.memberName === 'data' || this.memberName === 'included')) {
      this.list = [];
      this.lists.set(this.memberName, this.list);
      this.cuts.push(at);
      this.isAfterElement = false;
    } else if (depth === 0 && !isObject) return false;
    this.depth += 1;
    this.isObject[this.depth] = isObject;
    this.named[this.depth] = null;
    this.ids[this.depth] = null;
    this.types[this.depth] = null;
    this.expectsName = isObject;
    return true;
  }

  private close(isObject: boolean, end: number): boolean {
    const { depth, element } = this;
    if (depth === 0 || this.isObject[depth] !== isObject) return false;
    if (element !== null) {
      const type = this.types[depth] as string | null;
      const id = this.ids[depth] as string | null;
      if (depth === ELEMENT) {
        element.end = end;
        element.type = type;
        element.id = id;
        this.element = null;
        this.isAfterElement = true;
      } else if (type !== null && id !== null) element.links.push(type, id);
    } else if (depth === LIST && this.list !== null) {
      if (!this.isAfterElement && this.list.length > 0) return false;
      this.cuts.push(end);
      this.list = null;
    }
    this.depth -= 1;
    this.expectsName = false;
    return true;
  }

  private separate(): boolean {
    this.expectsName = this.isObject[this.depth] as boolean;
    if (this.list === null || this.depth !== LIST) return true;
    const isInPlace = this.isAfterElement;
    this.isAfterElement = false;
    return isInPlace;
  }

  private takeText(from: number, to: number): boolean {
    const { depth, element } = this;
    if (!this.expectsName) {
      const named = this.named[depth] as Named;
      if (named !== null && element !== null) this.takeValue(named, from, to, element);
      return this.list === null || depth !== LIST;
    }
    if (depth === DOCUMENT) {
      this.memberName = this.text(from, to);
      // Of two members with one name a parser keeps the last; escapes may spell the same name differently.
      const isRepeated = this.memberNames.has(this.memberName);
      this.memberNames.add(this.memberName);
      return !this.isEscaped && !isRepeated;
    }
    if (element === null) return true;
    if (this.isEscaped) element.isOdd = true;
    const named = this.nameOf(from, to);
    this.named[depth] = named;
    // Of two members with one name a parser keeps the last.
    if (named === 'id') this.ids[depth] = null;
    else if (named === 'type') this.types[depth] = null;
    return true;
  }

  private takeValue(named: 'id' | 'type', from: number, to: number, element: OutlinedResource): void {
    const { depth, isEscaped } = this;
    this.named[depth] = null;
    if (named === 'id') {
      this.ids[depth] = isEscaped ? null : plainAscii(this.buffer, from, to);
      element.isOdd ||= this.ids[depth] === null;
    } else {
      this.types[depth] = isEscaped ? null : this.typeAt(from, to);
      element.isOdd ||= this.types[depth] === null;
    }
  }

  private nameOf(from: number, to: number): Named {
    if (to - from === 2 && this.isAt(ID, from)) return 'id';
    return to - from === 4 && this.isAt(TYPE, from) ? 'type' : null;
  }

  private isAt(text: Uint8Array, from: number): boolean {
    for (let at = 0; at < text.length; at += 1) if (this.bytes[from + at] !== text[at]) return false;
    return true;
  }

  /** Most types are the same as the one before. */
  private typeAt(from: number, to: number): string | null {
    const { begin, end, text } = this.lastType;
    if (text !== null && to - from === end - begin && this.isAt(this.bytes.subarray(begin, end), from)) return text;
    const type = plainAscii(this.buffer, from, to);
    this.lastType = { begin: from, end: to, text: type };
    return type;
  }

  private endOfText(from: number): number {
    const { bytes } = this;
    const { length } = bytes;
    let isEscaped = false;
    let at = from;
    for (; at < length; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) continue;
      isEscaped = true;
      at += 1;
    }
    this.isEscaped = isEscaped;
    return at;
  }
}

function plainAscii(buffer: Buffer, from: number, to: number): string | null {
  for (let at = from; at < to; at += 1) if ((buffer[at] as number) > 0x7e) return null;
  return buffer.toString('latin1', from, to);
}
