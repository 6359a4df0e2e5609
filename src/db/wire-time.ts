/**
 * PostgreSQL's text form of a timestamptz (session time zone UTC) as Patreon writes times:
 * `2026-09-01T08:14:05.000+00:00`, three digits, or six where there are microseconds.
 */
export function wireTime(value: string): string {
  const match = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/.exec(value);
  if (!match) return value;
  const [, day, time, fraction = ''] = match;
  return `${day}T${time}.${fraction.padEnd(fraction.length > 3 ? 6 : 3, '0')}+00:00`;
}
