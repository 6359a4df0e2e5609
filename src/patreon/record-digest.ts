import { hash } from 'node:crypto';
import { isResourceId } from './attributes';
import type { DocumentReader } from './document';
import { isObject } from './is-object';
import type { SentPage } from './page';
import { resourceExtents } from './resource-bytes';

const HEX_DIGITS = 32;

/** Begin and end. */
type Extent = readonly [number, number];

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
  /** Relationship → type of the resources that are mapped with the record. */
  private readonly parts: [string, string][];
  private readonly extents: (Extent | undefined)[];
  private readonly includedExtents: (Extent | undefined)[];
  private readonly gathered: Gathered;

  constructor(
    data: readonly unknown[],
    private readonly document: DocumentReader,
    { version, selection, dropped, bytes }: DigestBasis,
  ) {
    this.type = selection.type;
    const { campaign, ...include } = selection.include;
    this.parts = Object.entries(include).filter(([, type]) => selection.fields[type] !== undefined);
    const concerned = dropped.filter(({ type }) => type === selection.type || selection.fields[type] !== undefined);
    const refused = concerned.map(({ parameter, type, name }) => [parameter, type, name].join()).sort();
    const salt = [version, Object.keys(include).sort(), Object.entries(selection.fields).sort(), refused];
    this.gathered = new Gathered(bytes, JSON.stringify(salt));
    const found = resourceExtents(bytes);
    this.extents = alignedWith(data, found?.data);
    this.includedExtents = alignedWith(document.included, found?.included);
  }

  /**
   * Of the record at this place: 16 bytes in hexadecimal; null for what is certainly no good record or cannot be told
   * apart from others.
   */
  of(raw: unknown, place: number): string | null {
    if (!isObject(raw) || raw.type !== this.type || !isResourceId(raw.id)) return null;
    const sent = raw.relationships ?? {};
    const own = this.extents[place];
    if (!isObject(sent) || !own) return null;
    this.gathered.begin();
    this.gathered.add(own);
    for (const [name, type] of this.parts) this.addLinked(sent[name], type);
    return this.gathered.digest();
  }

  /** Which resources are linked, and how many, stands in the record's own bytes. */
  private addLinked(relationship: unknown, type: string): void {
    const data = isObject(relationship) ? relationship.data : undefined;
    const links = Array.isArray(data) ? data : [data];
    for (const link of links) {
      const place = isObject(link) ? this.document.placeOfIncluded(type, link.id) : undefined;
      this.gathered.add(place === undefined ? undefined : this.includedExtents[place]);
    }
  }
}

/** Begin and end of each element, as far as there is an object; of none when the two do not fit together. */
function alignedWith(elements: readonly unknown[], extents: readonly number[] | undefined): (Extent | undefined)[] {
  let next = 0;
  const aligned = elements.map((element): Extent | undefined => {
    if (typeof element !== 'object' || element === null) return undefined;
    next += 2;
    return extents && [extents[next - 2] as number, extents[next - 1] as number];
  });
  return next === extents?.length ? aligned : [];
}

const NOTHING = Buffer.from('null');
const WITHOUT: Extent = [0, NOTHING.length];

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

  add(extent: Extent | undefined): void {
    const [begin, end] = extent ?? WITHOUT;
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
