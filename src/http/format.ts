import type { Locale } from '../i18n';

export interface Format {
  /** `cents` are minor units x100, as Patreon sends them for every currency. */
  money(cents: number | null | undefined, currency: string | null | undefined): string;
  number(value: number | null | undefined): string;
  percent(share: number): string;
  date(iso: string | null | undefined, timeZone?: string): string;
  dateTime(iso: string | null | undefined, timeZone?: string): string;
  relative(iso: string | null | undefined, now?: Date): string;
  /** 1,234 KiB style sizes and durations read as `2 min 5 s`. */
  duration(milliseconds: number | null | undefined): string;
}

const EMPTY = '–';
const formats = new Map<Locale, Format>();

/** Numbers, money and times in the reader's language. Built once per language: Intl objects are dear to make. */
export function createFormat(locale: Locale): Format {
  let format = formats.get(locale);
  if (!format) {
    format = build(locale);
    formats.set(locale, format);
  }
  return format;
}

function build(locale: Locale): Format {
  const tag = locale === 'en' ? 'en-US' : 'fr-FR';
  const number = new Intl.NumberFormat(tag);
  const percent = new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' });
  const money = memo((currency: string) => new Intl.NumberFormat(tag, { style: 'currency', currency }));
  const date = memo((timeZone: string) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone }));
  const dateTime = memo(
    (timeZone: string) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short', timeZone }),
  );
  const valid = (iso: string | null | undefined) => (iso && !Number.isNaN(Date.parse(iso)) ? new Date(iso) : null);
  return {
    money(cents, currency) {
      if (cents == null) return EMPTY;
      if (!currency || !/^[A-Z]{3}$/.test(currency)) return number.format(cents / 100);
      return money(currency).format(cents / 100);
    },
    number: (value) => (value == null ? EMPTY : number.format(value)),
    percent: (share) => percent.format(share),
    date: (iso, timeZone = 'UTC') => {
      const at = valid(iso);
      return at ? date(timeZone).format(at) : EMPTY;
    },
    dateTime: (iso, timeZone = 'UTC') => {
      const at = valid(iso);
      return at ? dateTime(timeZone).format(at) : EMPTY;
    },
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
