import type { OutlinedResource } from './document-outline';
import { isObject } from './is-object';

/** A list of resources as it was sent. Each is parsed when somebody asks for it, if that was not done before. */
export class SentResources {
  private constructor(
    private readonly parsed: unknown[],
    private readonly outlines: readonly OutlinedResource[] | null,
    private readonly bytes: Buffer,
  ) {}

  static of(parsed: readonly unknown[]): SentResources {
    return new SentResources([...parsed], null, NO_BYTES);
  }

  static outlined(outlines: readonly OutlinedResource[], bytes: Uint8Array): SentResources {
    return new SentResources([], outlines, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  get length(): number {
    return this.outlines?.length ?? this.parsed.length;
  }

  /** As it was sent; undefined for what is no JSON. */
  at(place: number): unknown {
    const outline = this.outlines?.[place];
    if (!outline || place in this.parsed) return this.parsed[place];
    const value = parse(this.bytes.toString('utf8', outline.begin, outline.end));
    this.parsed[place] = value;
    return value;
  }

  /** Where its bytes lie; null when the list came parsed. */
  outline(place: number): OutlinedResource | null {
    return this.outlines?.[place] ?? null;
  }

  /** Parses it only where its bytes do not tell. */
  nameOf(place: number): { type: unknown; id: unknown } | null {
    const outline = this.outlines?.[place];
    if (outline && !outline.isOdd) return outline;
    const raw = this.at(place);
    return isObject(raw) ? { type: raw.type, id: raw.id } : null;
  }
}

const NO_BYTES = Buffer.alloc(0);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
