import type { Locale } from '../i18n';

export interface Format {
  /** `cents` are minor units x100, as Patreon sends them for every currency. */
  money(cents: number | null | undefined, currency: string | null | undefined): string;
  number(value: number | null | undefined): string;
  percent(share: number): string;
  /** The day of a moment, in the page's time zone. A day without an hour stays the day that it names. */
  date(iso: string | null | undefined): string;
  dateTime(iso: string | null | undefined): string;
  /** The hour of a moment. */
  time(iso: string): string;
  /** A day that was sent as the midnight with which it begins in UTC: the same day in every time zone. */
  day(iso: string | null | undefined): string;
  /** `2026-09-01`: the day of a moment in the page's time zone, for grouping. */
  isoDay(iso: string): string;
  relative(iso: string | null | undefined, now?: Date): string;
  /** 1,234 KiB style sizes and durations read as `2 min 5 s`. */
  duration(milliseconds: number | null | undefined): string;
}

/** In which words and order the reader's language writes dates and numbers. */
export const languageTag = (locale: Locale): string => (locale === 'en' ? 'en-US' : 'fr-FR');

const EMPTY = '–';
const formats = new Map<string, Format>();

/**
 * Numbers, money and times in the reader's language and the time zone of what is shown: a campaign's, or UTC where nothing
 * else was chosen and where several campaigns stand side by side. Built once per language and zone: Intl objects are dear to make.
 */
export function createFormat(locale: Locale, timeZone: string | null = null): Format {
  const key = `${locale} ${timeZone}`;
  let format = formats.get(key);
  if (!format) {
    format = build(locale, timeZone ?? 'UTC');
    formats.set(key, format);
  }
  return format;
}

function build(locale: Locale, timeZone: string): Format {
  const tag = languageTag(locale);
  const number = new Intl.NumberFormat(tag);
  const percent = new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' });
  const money = memo((currency: string) => new Intl.NumberFormat(tag, { style: 'currency', currency }));
  const date = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone });
  const day = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone: 'UTC' });
  const dateTime = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short', timeZone });
  const time = new Intl.DateTimeFormat(tag, { timeStyle: 'short', timeZone });
  // Sweden writes a day as ISO 8601 does.
  const isoDay = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone });
  const valid = (iso: string | null | undefined) => (iso && !Number.isNaN(Date.parse(iso)) ? new Date(iso) : null);
  return {
    money(cents, currency) {
      if (cents == null) return EMPTY;
      if (!currency || !/^[A-Z]{3}$/.test(currency)) return number.format(cents / 100);
      return money(currency).format(cents / 100);
    },
    number: (value) => (value == null ? EMPTY : number.format(value)),
    percent: (share) => percent.format(share),
    date: (iso) => {
      const at = valid(iso);
      return at ? (isBareDay(iso) ? day : date).format(at) : EMPTY;
    },
    dateTime: (iso) => {
      const at = valid(iso);
      return at ? dateTime.format(at) : EMPTY;
    },
    day: (iso) => {
      const at = valid(iso);
      return at ? day.format(at) : EMPTY;
    },
    time: (iso) => time.format(new Date(iso)),
    isoDay: (iso) => isoDay.format(new Date(iso)),
    relative: (iso, now = new Date()) => {
      const at = valid(iso);
      return at ? relativeText(relative, (at.getTime() - now.getTime()) / 1000) : EMPTY;
    },
    duration(milliseconds) {
      if (milliseconds == null) return EMPTY;
      const seconds = Math.round(milliseconds / 1000);
      if (seconds < 60)
        return `${number.format(milliseconds < 10_000 ? Math.round(milliseconds / 100) / 10 : seconds)} s`;
      const minutes = Math.floor(seconds / 60);
      return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    },
  };
}

const isBareDay = (iso: string | null | undefined) => iso?.length === 'YYYY-MM-DD'.length;

function relativeText(format: Intl.RelativeTimeFormat, seconds: number): string {
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['second', 60],
    ['minute', 3_600],
    ['hour', 86_400],
    ['day', 604_800],
    ['week', 2_629_800],
    ['month', 31_557_600],
  ];
  let unitSeconds = 1;
  for (const [unit, limit] of steps) {
    if (Math.abs(seconds) < limit) return format.format(Math.round(seconds / unitSeconds), unit);
    unitSeconds = limit;
  }
  return format.format(Math.round(seconds / unitSeconds), 'year');
}

function memo<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    return value;
  };
}
