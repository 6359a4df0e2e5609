import { createHmac } from 'node:crypto';
import { DAY, SECOND } from './clock';

/** The segment that Patreon puts between `/p/` and the id; tier images say `reward`. */
export type ImageKind = 'campaign' | 'user' | 'reward' | 'post';

/** For practical purposes permanent: 2038-01-01. */
export const PERMANENT = 2_145_916_800;

const HASH_KEY = 'sandbox image addresses';

/** Unix seconds of the midnight `days` days after the present one. */
export const expiryAfter = (now: number, days: number): number => ((Math.floor(now / DAY) + days) * DAY) / SECOND;

/** Binds path and expiry, so that neither can be edited. */
export const imageTokenHash = (path: string, tokenTime: string): string =>
  createHmac('sha256', HASH_KEY).update(`${path}?${tokenTime}`).digest('base64url');

const transformSegment = (transform: Record<string, number>): string =>
  encodeURIComponent(Buffer.from(JSON.stringify(transform)).toString('base64'));

export interface ImageRequest {
  kind: ImageKind;
  id: string;
  /** 32 hex digits that name the picture. */
  hash: string;
  transform: Record<string, number>;
  /** Unix seconds. */
  expires: number;
}

/** Image addresses on a host of our own, or on Patreon's when there is none. */
export class ImageAddresses {
  constructor(private readonly origin: string | null) {}

  signed({ kind, id, hash, transform, expires }: ImageRequest): string {
    const path = `/4/patreon-media/p/${kind}/${id}/${hash}/${transformSegment(transform)}/1.png`;
    const host = this.origin ?? 'https://c10.patreonusercontent.com';
    return `${host}${path}?token-hash=${imageTokenHash(path, String(expires))}%3D&token-time=${expires}`;
  }

  /** The picture of somebody who never chose one; it needs no token. */
  defaultAvatar(userId: string): string {
    return `${this.origin ?? 'https://c8.patreon.com'}/3/200/${userId}`;
  }

  /** Moves the image addresses inside a text from Patreon's hosts to this one. */
  rehost(text: string): string {
    if (this.origin === null) return text;
    return text.replaceAll(/https:\/\/c(?:10\.patreonusercontent|8\.patreon)\.com/g, this.origin);
  }
}
