/** A day of a filter: written out, or counted from today, so that a kept address stays about "the last 30 days". */
const DAY = /^(?:today|(?:\+|-)\d{1,4}[dwmy]|(?:19|2[01])\d\d-\d\d-\d\d)$/;

/** The same for the `pattern` of a field, which browsers read with the flag v. */
export const DAY_PATTERN = DAY.source;

/** How a day counts from today; undefined for a date. */
export interface RelativeDay {
  /** Below zero in the past. */
  count: number;
  unit: 'd' | 'w' | 'm' | 'y';
}

export function relativeDay(text: string): RelativeDay | undefined {
  if (text === 'today') return { count: 0, unit: 'd' };
  const [, count, unit] = /^([+-]\d+)([dwmy])$/.exec(text) ?? [];
  return unit ? { count: Number(count), unit: unit as RelativeDay['unit'] } : undefined;
}

/** Whether a filter can take this for a day. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  if (relativeDay(text)) return true;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** The day that a text means on the day of `now`, as `YYYY-MM-DD` in UTC; of months, the last day stands for those that a shorter one lacks. */
export function dayOf(text: string, now: Date): string {
  const relative = relativeDay(text);
  if (!relative) return text;
  const { count, unit } = relative;
  const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  if (unit === 'd' || unit === 'w') day.setUTCDate(day.getUTCDate() + count * (unit === 'w' ? 7 : 1));
  else addMonths(day, unit === 'y' ? count * 12 : count);
  return clamped(day);
}

function addMonths(day: Date, months: number): void {
  const wanted = day.getUTCDate();
  day.setUTCDate(1);
  day.setUTCMonth(day.getUTCMonth() + months);
  const last = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
  day.setUTCDate(Math.min(wanted, last));
}

/** Thousands of years away a date is no date of four digits any more, and nobody was a member. */
function clamped(day: Date): string {
  const year = day.getUTCFullYear();
  if (year < 1900) return '1900-01-01';
  return year > 2199 ? '2199-12-31' : day.toISOString().slice(0, 10);
}

/** When a day begins. */
export const startOf = (day: string): string => `${day}T00:00:00Z`;

/** When a day is over, which is no part of it any more. */
export const endOf = (day: string): string => new Date(Date.parse(startOf(day)) + 86_400_000).toISOString();
