import { hash } from 'node:crypto';
import { isResourceId } from './attributes';
import type { DocumentReader } from './document';
import { isObject } from './is-object';
import type { SentPage } from './page';
import type { SentResources } from './sent-resources';

const HEX_DIGITS = 32;

interface Extent {
  begin: number;
  end: number;
}

/** All that decides, beside a record itself, what it is mapped to. */
interface DigestBasis extends SentPage {
  /** Of the mapping. */
  version: string;
}

/**
 * Tells the records of a page apart by the bytes that were sent: the record with the resources that its mapping reads,
 * whatever their order in the document. Equal digests mean equal mappings, so a digest that was kept of a good record is
 * never that of a bad one.
 */
export class RecordDigests {
  private readonly type: string;
  /** Relationship and type of the resources that are mapped with the record. */
  private readonly linked: [string, string][];
  private readonly parts: Set<string>;
  private readonly gathered: Gathered;

  constructor(
    private readonly data: SentResources,
    private readonly document: DocumentReader,
    { version, selection, dropped, bytes }: DigestBasis,
  ) {
    this.type = selection.type;
    const { campaign, ...include } = selection.include;
    this.linked = Object.entries(include).filter(([, type]) => selection.fields[type] !== undefined);
    this.parts = new Set(this.linked.map(([, type]) => type));
    const concerned = dropped.filter(({ type }) => type === selection.type || selection.fields[type] !== undefined);
    const refused = concerned.map(({ parameter, type, name }) => [parameter, type, name].join()).sort();
    const salt = [version, Object.keys(include).sort(), Object.entries(selection.fields).sort(), refused];
    this.gathered = new Gathered(bytes, JSON.stringify(salt));
  }

  /**
   * Of the record at this place: 16 bytes in hexadecimal; null for what is certainly no good record or cannot be told
   * apart from others.
   */
  of(place: number): string | null {
    const outline = this.data.outline(place);
    const named = this.data.nameOf(place);
    if (!outline || named?.type !== this.type || !isResourceId(named.id)) return null;
    this.gathered.begin();
    this.gathered.add(outline);
    const links = outline.isOdd ? linksWithin(this.data.at(place)) : outline.links;
    for (let at = 0; at < links.length; at += 2) {
      const type = links[at] as string;
      if (this.parts.has(type)) this.addLinked(type, links[at + 1] as string);
    }
    return this.gathered.digest();
  }

  /**
   * Whether the digest of a record knows all that the record is mapped with: it goes by the types that links name, the
   * mapping by ids alone. To be asked before a digest is kept.
   */
  covers(raw: unknown): boolean {
    const sent = isObject(raw) && isObject(raw.relationships) ? raw.relationships : {};
    return this.linked.every(([name, type]) =>
      linkageOf(sent[name]).every((link) => isObject(link) && link.type === type),
    );
  }

  /** Which resources are linked, and how many, stands in the record's own bytes. */
  private addLinked(type: string, id: string): void {
    const place = this.document.placeOfIncluded(type, id);
    this.gathered.add(place === undefined ? null : this.document.included.outline(place));
  }
}

function linkageOf(relationship: unknown): unknown[] {
  const data = isObject(relationship) ? relationship.data : null;
  return [data ?? []].flat();
}

/** Types and ids of all that a record names anywhere within, one after the other. */
function linksWithin(value: unknown): string[] {
  const links: string[] = [];
  const waiting = isObject(value) ? Object.values(value) : [];
  for (let inner = waiting.pop(); inner !== undefined; inner = waiting.pop()) {
    if (typeof inner !== 'object' || inner === null) continue;
    const { type, id } = inner as { type?: unknown; id?: unknown };
    if (typeof type === 'string' && typeof id === 'string') links.push(type, id);
    waiting.push(...Object.values(inner));
  }
  return links;
}

const NOTHING = Buffer.from('null');
const WITHOUT: Extent = { begin: 0, end: NOTHING.length };

/** Bytes from several places of a page, put together to be hashed at once. */
class Gathered {
  private readonly source: Buffer;
  private readonly saltLength: number;
  private target: Buffer;
  private length = 0;

  constructor(bytes: Uint8Array, salt: string) {
    this.source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.saltLength = Buffer.byteLength(salt);
    this.target = Buffer.alloc(Math.max(16_384, 2 * this.saltLength));
    this.target.write(salt);
  }

  begin(): void {
    this.length = this.saltLength;
  }

  add(extent: Extent | null): void {
    const { begin, end } = extent ?? WITHOUT;
    this.makeRoom(end - begin);
    (extent ? this.source : NOTHING).copy(this.target, this.length, begin, end);
    this.length += end - begin;
  }

  digest(): string {
    return hash('sha256', this.target.subarray(0, this.length)).slice(0, HEX_DIGITS);
  }

  private makeRoom(more: number): void {
    if (this.length + more <= this.target.length) return;
    const larger = Buffer.alloc(2 * (this.length + more));
    this.target.copy(larger, 0, 0, this.length);
    this.target = larger;
  }
}
