import fc from 'fast-check';
import { backoffMs, MAX_TRIES, parseRetryAfter } from '../../src/patreon/retry';

const NOW = Date.parse('2026-11-22T10:00:00Z');

describe('parseRetryAfter', () => {
  it.each([
    ['9', 9],
    [' 30 ', 30],
    ['0', 1],
    ['2.2', 3],
    ['86400', 86_400],
    ['9999999999', 86_400],
    ['Sun, 22 Nov 2026 10:00:45 GMT', 45],
    ['Sun, 22 Nov 2026 09:00:00 GMT', 1],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 3_600],
    ['Tue, 22 Nov 2050 10:00:00 GMT', 86_400],
  ])('reads %j as %d seconds', (header, seconds) => {
    expect(parseRetryAfter(header, NOW)).toBe(seconds);
  });

  it.each([null, '', 'soon', '-5', '5 minutes', 'NaN', '1e3', 'Infinity'])('ignores %j', (header) => {
    expect(parseRetryAfter(header, NOW)).toBeNull();
  });

  it('answers within 1 s and a day or not at all, whatever the header', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.float().map(String)), (header) => {
        const seconds = parseRetryAfter(header, NOW);
        if (seconds === null) return;
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(86_400);
      }),
    );
  });
});

describe('backoffMs', () => {
  it('draws from a ceiling that doubles up to a minute', () => {
    const ceilings = [1, 2, 3, 6, 7, 12].map((tries) => backoffMs(tries, () => 1));
    expect(ceilings).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000]);
  });

  it('waits at least half a second', () => {
    for (let tries = 1; tries < MAX_TRIES; tries++) expect(backoffMs(tries, () => 0)).toBe(500);
  });
});
