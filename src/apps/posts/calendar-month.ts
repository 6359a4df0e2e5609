import { languageTag } from '../../http/format';
import type { Locale } from '../../i18n';

/** Days of the week as ISO 8601 counts them: Monday is 1, Sunday 7. */
type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

const MONTH = /^(?:20|21)\d\d-(?:0[1-9]|1[0-2])$/;
const DAY_MS = 86_400_000;

/** The weeks that hold a month, in days as `YYYY-MM-DD`. */
export interface CalendarMonth {
  /** `2026-11`. */
  month: string;
  /** Undefined beyond the years that plans may have. */
  previous: string | undefined;
  next: string | undefined;
  weeks: string[][];
}

export const isMonth = (text: string): boolean => MONTH.test(text);

/** Undefined for what is no day of a calendar. */
export function calendarDay(text: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || !isMonth(text.slice(0, 7))) return undefined;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && dayOf(at.getTime()) === text ? text : undefined;
}

/** @param month checked by `isMonth` */
export function calendarMonth(month: string, firstDay: Weekday): CalendarMonth {
  const first = new Date(`${month}-01T00:00:00Z`);
  const beyond = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1);
  const start = first.getTime() - ((first.getUTCDay() + 7 - (firstDay % 7)) % 7) * DAY_MS;
  const weeks: string[][] = [];
  for (let week = start; week < beyond; week += 7 * DAY_MS)
    weeks.push(Array.from({ length: 7 }, (_, day) => dayOf(week + day * DAY_MS)));
  return { month, previous: monthBeside(first.getTime() - DAY_MS), next: monthBeside(beyond), weeks };
}

/** The day so many days later; before it below zero. */
export const dayAfter = (day: string, days: number): string => dayOf(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS);

/** On which day of the week calendars begin where the reader lives; Monday where nobody says. */
export function firstWeekday(locale: Locale): Weekday {
  const language: Intl.Locale & { weekInfo?: { firstDay: Weekday }; getWeekInfo?(): { firstDay: Weekday } } =
    new Intl.Locale(languageTag(locale));
  return (language.getWeekInfo?.() ?? language.weekInfo)?.firstDay ?? 1;
}

/** Names of days and months in the reader's language; what they name are days, so no time zone moves them. */
export function dayNames(locale: Locale) {
  const tag = languageTag(locale);
  const format = (options: Intl.DateTimeFormatOptions) => {
    const named = new Intl.DateTimeFormat(tag, { ...options, timeZone: 'UTC' });
    return (day: string) => named.format(new Date(`${day}T00:00:00Z`));
  };
  return {
    month: format({ month: 'long', year: 'numeric' }),
    weekday: format({ weekday: 'long' }),
    weekdayShort: format({ weekday: 'short' }),
    day: format({ weekday: 'long', day: 'numeric', month: 'long' }),
    dayInMonth: format({ day: 'numeric' }),
  };
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

function monthBeside(at: number): string | undefined {
  const month = dayOf(at).slice(0, 7);
  return isMonth(month) ? month : undefined;
}
