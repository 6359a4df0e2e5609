import { hash } from 'node:crypto';
import { isResourceId } from './attributes';
import type { DocumentReader } from './document';
import { isObject } from './is-object';
import type { Asked } from './page';

const HEX_DIGITS = 32;

/** All that decides, beside a record itself, what it is mapped to. */
interface DigestBasis extends Asked {
  /** Of the mapping. */
  version: string;
}

/**
 * Tells records apart by what was sent: the record with the resources that its mapping reads, whatever their order in the
 * document. Equal digests mean equal mappings, so a digest that was kept of a good record is never that of a bad one.
 */
export class RecordDigests {
  private readonly type: string;
  private readonly salt: string;
  /** Relationship → type of the resources that are mapped with the record. */
  private readonly parts: [string, string][];

  constructor(
    private readonly document: DocumentReader,
    { version, selection, dropped }: DigestBasis,
  ) {
    this.type = selection.type;
    const { campaign, ...include } = selection.include;
    this.parts = Object.entries(include).filter(([, type]) => selection.fields[type] !== undefined);
    const concerned = dropped.filter(({ type }) => type === selection.type || selection.fields[type] !== undefined);
    const refused = concerned.map(({ parameter, type, name }) => [parameter, type, name].join()).sort();
    this.salt = JSON.stringify([
      version,
      Object.keys(include).sort(),
      Object.entries(selection.fields).sort(),
      refused,
    ]);
  }

  /** 16 bytes in hexadecimal; null for what is certainly no good record or cannot be told apart from others. */
  of(raw: unknown): string | null {
    if (!isObject(raw) || raw.type !== this.type || !isResourceId(raw.id)) return null;
    const sent = raw.relationships ?? {};
    if (!isObject(sent)) return null;
    const content: unknown[] = [sent.campaign === undefined ? raw : withoutCampaign(raw, sent)];
    for (const [name, type] of this.parts) this.addLinked(content, sent[name], type);
    if (!hasFiniteNumbers(content)) return null;
    return hash('sha256', this.salt + JSON.stringify(content)).slice(0, HEX_DIGITS);
  }

  private addLinked(content: unknown[], relationship: unknown, type: string): void {
    const data = isObject(relationship) ? relationship.data : undefined;
    const links = Array.isArray(data) ? data : [data];
    for (const link of links) content.push(isObject(link) ? this.document.findIncluded(type, link.id) : null);
  }
}

/** A single member is asked for its campaign and a list is not; the member is the same. */
function withoutCampaign(raw: Readonly<Record<string, unknown>>, sent: Readonly<Record<string, unknown>>) {
  const { campaign, ...relationships } = sent;
  return { ...raw, relationships };
}

/** JSON has no word for a number too large to hold, and writes null for what JavaScript read as infinite. */
function hasFiniteNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  for (const key in value) if (!hasFiniteNumbers((value as Record<string, unknown>)[key])) return false;
  return true;
}
