import { createSecretBox, SecretUnreadableError } from '../../src/lib/secret-box';

const key = (id: string, byte: number) => ({ id, key: Buffer.alloc(32, byte) });
const box = createSecretBox([key('one', 1)]);
const PLACE = 'patreon_credentials|access_token|7';

describe('the secret box', () => {
  it('opens what it sealed, whatever the text', () => {
    for (const text of ['', 'token', 'é😀\u0000', 'x'.repeat(100_000)]) {
      expect(box.open(box.seal(text, PLACE), PLACE)).toBe(text);
    }
  });

  it('never seals the same text to the same bytes, and shows nothing of it', () => {
    const [first, second] = [box.seal('a very secret token', PLACE), box.seal('a very secret token', PLACE)];
    expect(first).not.toBe(second);
    expect(Buffer.from(first).includes('secret')).toBe(false);
  });

  it('opens nothing that was moved to another row', () => {
    expect(() => box.open(box.seal('token', PLACE), 'patreon_credentials|access_token|8')).toThrow(
      SecretUnreadableError,
    );
  });

  it('opens nothing of which one bit was changed', () => {
    const sealed = box.seal('token', PLACE);
    const [version, id, iv, body = ''] = sealed.split('.');
    const bytes = Buffer.from(body, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const text = [version, id, iv, changed.toString('base64url')].join('.');
      expect(() => box.open(text, PLACE)).toThrow(SecretUnreadableError);
    }
  });

  it.each(['', 'v1', 'v1.one.x', 'v2.one.aaaa.bbbb', 'v1.two.aaaa.bbbb', 'plain text'])('opens no %j', (text) => {
    expect(() => box.open(text, PLACE)).toThrow(SecretUnreadableError);
  });

  it('seals with the first key and opens with all of them', () => {
    const rotated = createSecretBox([key('two', 2), key('one', 1)]);
    expect(rotated.open(box.seal('token', PLACE), PLACE)).toBe('token');
    expect(rotated.seal('token', PLACE)).toMatch(/^v1\.two\./);
    expect(() => box.open(rotated.seal('token', PLACE), PLACE)).toThrow(SecretUnreadableError);
  });

  it('gives equal digests for equal values at one place only, also after a key was put in front', () => {
    const rotated = createSecretBox([key('two', 2), key('one', 1)]);
    expect(rotated.digest('a', PLACE)).toBe(box.digest('a', PLACE));
    expect(box.digest('a', 'elsewhere')).not.toBe(box.digest('a', PLACE));
    expect(createSecretBox([key('one', 9)]).digest('a', PLACE)).not.toBe(box.digest('a', PLACE));
  });
});
