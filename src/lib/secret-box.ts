import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** A secret that cannot be read: wrong key, changed bytes, or text that was moved here from another row. */
export class SecretUnreadableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SecretUnreadableError';
  }
}

export interface SecretBox {
  /** `place` names table, column and row: the text can be opened nowhere else. */
  seal(plain: string, place: string): string;
  /** @throws SecretUnreadableError */
  open(sealed: string, place: string): string;
  /** A keyed digest that tells equal values apart from different ones and gives nothing away. */
  digest(value: string, place: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM as `v1.<key id>.<iv>.<ciphertext and tag>`, base64url. The first key encrypts, all of them decrypt. */
export function createSecretBox(keys: { id: string; key: Buffer }[]): SecretBox {
  const [current] = keys;
  if (!current) throw new Error('At least one encryption key is needed');
  // The last key is the oldest: digests stay equal while a new key is put in front.
  const oldest = keys[keys.length - 1] as { key: Buffer };
  const digestKey = Buffer.from(hkdfSync('sha256', oldest.key, '', 'patrondesk digest', 32));
  return {
    seal: (plain, place) => seal(current, plain, place),
    open: (sealed, place) => open(keys, sealed, place),
    digest: (value, place) => createHmac('sha256', digestKey).update(`${place}\0${value}`).digest('base64url'),
  };
}

function seal({ id, key }: { id: string; key: Buffer }, plain: string, place: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(`${place}|${id}`));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `v1.${id}.${iv.toString('base64url')}.${body.toString('base64url')}`;
}

function open(keys: { id: string; key: Buffer }[], sealed: string, place: string): string {
  const [version, id, iv = '', body = ''] = sealed.split('.');
  const found = keys.find((k) => k.id === id);
  if (version !== 'v1' || !found) throw new SecretUnreadableError(`No key named "${id}" is configured`);
  const bytes = Buffer.from(body, 'base64url');
  if (bytes.length < TAG_BYTES) throw new SecretUnreadableError('The stored secret is damaged');
  try {
    const decipher = createDecipheriv('aes-256-gcm', found.key, Buffer.from(iv, 'base64url'), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(`${place}|${found.id}`));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw new SecretUnreadableError('The stored secret cannot be opened here');
  }
}
