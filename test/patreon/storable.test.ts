import fc from 'fast-check';
import { storableJson, storableText } from '../../src/patreon/storable';

describe('storableText', () => {
  it('replaces NUL and lone surrogates and leaves everything else alone', () => {
    expect(storableText('a\0b\ud83dc\ude00d')).toBe('a\ufffdb\ufffdc\ufffdd');
    expect(storableText('Zoë 😀 ‏שלום')).toBe('Zoë 😀 ‏שלום');
  });

  it('always gives text that survives UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const stored = storableText(text);
        expect(Buffer.from(stored, 'utf8').toString('utf8')).toBe(stored);
        expect(stored).not.toContain('\0');
      }),
    );
  });
});

describe('storableJson', () => {
  it('keeps values as they are', () => {
    const value = { a: [1, 'two', null, true], b: { c: '' } };
    expect(storableJson(value)).toEqual(value);
  });

  it('cleans keys, names infinite numbers, keeps __proto__ a key', () => {
    const stored = storableJson(JSON.parse('{"a\\u0000":1e400,"__proto__":{"admin":true}}'));
    expect(JSON.stringify(stored)).toBe('{"a\ufffd":"Infinity","__proto__":{"admin":true}}');
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it('cuts off what is nested without end', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
    expect(JSON.stringify(storableJson(deep))).toContain('nested too deeply');
  });
});
