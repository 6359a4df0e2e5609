const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?)?$/i;

/** As Patreon writes nearly all of its times: thousands on a page of members, so they are read the short way. */
const USUAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}\+00:00$/;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Reads an ISO 8601 time leniently (fraction of any length or none, `Z`, `+00:00`, `+0000`, `+00`; no offset means UTC,
 * no time of day means midnight) and writes it as UTC: `2026-09-01T08:14:05.000Z`, with six digits when there are
 * microseconds. Null when it is not a time that both JavaScript and PostgreSQL can hold.
 */
export function normaliseTimestamp(text: string): string | null {
  return readUsual(text) ?? readAny(text);
}

/** Reads digits instead of making a Date, which costs four times as much. */
function readUsual(text: string): string | null {
  if (!USUAL.test(text)) return null;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const isDay = year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  const isTime = twoDigits(text, 11) <= 23 && twoDigits(text, 14) <= 59 && twoDigits(text, 17) <= 59;
  return isDay && isTime ? `${text.slice(0, 23)}Z` : null;
}

const ZERO = '0'.charCodeAt(0);
const twoDigits = (text: string, at: number) => 10 * (text.charCodeAt(at) - ZERO) + text.charCodeAt(at + 1) - ZERO;

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function readAny(text: string): string | null {
  const match = ISO_8601.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = match;
  const local = utcTime([year, month, day, hour, minute, second].map(Number));
  const offset = offsetMs(match[9], Number(match[10] ?? 0), Number(match[11] ?? 0));
  if (local === null || offset === null) return null;
  const micros = fraction.slice(0, 6).padEnd(6, '0');
  const utc = new Date(local - offset + Number(micros.slice(0, 3)));
  if (utc.getUTCFullYear() < 1 || utc.getUTCFullYear() > 9999) return null;
  const iso = utc.toISOString();
  const belowMillisecond = micros.slice(3);
  return belowMillisecond === '000' ? iso : `${iso.slice(0, -1)}${belowMillisecond}Z`;
}

function utcTime([year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: number[]): number | null {
  if (hour > 23 || minute > 59 || second > 59) return null;
  const date = new Date(0);
  // Date.UTC maps the years 0 to 99 into the twentieth century; setUTCFullYear does not.
  date.setUTCFullYear(year, month - 1, day);
  const rolledOver = date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day;
  return rolledOver ? null : date.getTime() + hour * HOUR + minute * MINUTE + second * SECOND;
}

function offsetMs(sign: string | undefined, hours: number, minutes: number): number | null {
  if (hours > 23 || minutes > 59) return null;
  return (sign === '-' ? -1 : 1) * (hours * HOUR + minutes * MINUTE);
}
