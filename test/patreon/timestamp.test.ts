import fc from 'fast-check';
import { normaliseTimestamp } from '../../src/patreon/timestamp';

describe('normaliseTimestamp', () => {
  it.each([
    ['2026-09-01T08:14:05.000+00:00', '2026-09-01T08:14:05.000Z'],
    ['2026-09-01T08:14:05Z', '2026-09-01T08:14:05.000Z'],
    ['2026-09-01T08:14:05.123456+00:00', '2026-09-01T08:14:05.123456Z'],
    ['2026-09-01T08:14:05.1', '2026-09-01T08:14:05.100Z'],
    ['2026-09-01T08:14:05.123456789Z', '2026-09-01T08:14:05.123456Z'],
    ['2026-09-01 08:14:05+0200', '2026-09-01T06:14:05.000Z'],
    ['2026-09-01T08:14-05', '2026-09-01T13:14:00.000Z'],
    ['2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T23:59:59.999+00:00', '2000-02-29T23:59:59.999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['0099-05-05T00:00:00Z', '0099-05-05T00:00:00.000Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(normaliseTimestamp(text)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-09-01T24:00:00Z',
    '2026-09-01T08:60:00Z',
    '2026-09-01T08:14:05+25:00',
    '0000-12-31T00:00:00Z',
    '2025-02-29T00:00:00.000+00:00',
    '2100-02-29T00:00:00.000+00:00',
    '2026-04-31T00:00:00.000+00:00',
    '2026-13-01T00:00:00.000+00:00',
    '2026-12-00T00:00:00.000+00:00',
    '2026-09-01T24:00:00.000+00:00',
    '2026-09-01T08:60:00.000+00:00',
    '2026-09-01T08:14:60.000+00:00',
    '0000-12-31T00:00:00.000+00:00',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '1767225600',
    '2026-09-01T08:14:05.000+00:00; drop table',
  ])('refuses %j', (text) => {
    expect(normaliseTimestamp(text)).toBeNull();
  });

  it('keeps every instant, whatever offset it is written with', () => {
    const instants = fc.date({
      min: new Date('0002-01-01T00:00:00Z'),
      max: new Date('9998-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    const minutes = fc.integer({ min: -14 * 60, max: 14 * 60 });
    fc.assert(
      fc.property(instants, minutes, (instant, offset) => {
        const local = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const pad = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, '0');
        const written = `${local}${offset < 0 ? '-' : '+'}${pad(offset / 60)}:${pad(offset % 60)}`;
        expect(normaliseTimestamp(written)).toBe(instant.toISOString());
      }),
    );
  });

  it('never throws and settles: its own output is read as the same time', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/)), (text) => {
        const first = normaliseTimestamp(text);
        if (first !== null) expect(normaliseTimestamp(first)).toBe(first);
      }),
    );
  });
});
