import type { Knex } from 'knex';

/** Of a field of a form: day and time by the clocks of a campaign. */
const LOCAL_TIME = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::\d\d(?:\.\d{1,3})?)?$/;

/** Sweden writes times as fields of forms want them, but for the letter between day and time. */
const LANGUAGE = 'sv-SE';

/** Whether it is a day and a time that a calendar has, `2026-11-22T18:30`, within the years of our plans. */
export function isLocalTime(text: string): boolean {
  const [, day = '', hour, minute] = LOCAL_TIME.exec(text) ?? [];
  if (day < '2000-01-01' || day > '2199-12-31' || Number(hour) > 23 || Number(minute) > 59) return false;
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}

/**
 * The moment at which the clocks of a time zone show this (`isLocalTime`). A time that they skip in spring becomes the
 * one an hour later, one that they show twice in autumn the second, as PostgreSQL reads them.
 * @param timeZone IANA name; null is UTC
 */
export async function toPlannedFor(local: string, timeZone: string | null | undefined, db: Knex): Promise<string> {
  const { rows } = await db.raw<{ rows: { at: string }[] }>('select ?::timestamp at time zone ? as at', [
    local,
    timeZone ?? 'UTC',
  ]);
  return rows[0]?.at as string;
}

/** What the clocks of a time zone show at a moment, for `<input type="datetime-local">`; empty without a moment. */
export function toLocalTime(plannedFor: string | null | undefined, timeZone: string | null | undefined): string {
  if (!plannedFor) return '';
  const format = new Intl.DateTimeFormat(LANGUAGE, {
    timeZone: timeZone ?? 'UTC',
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return format.format(new Date(plannedFor)).replace(' ', 'T');
}
