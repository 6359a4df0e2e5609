import type { Knex } from 'knex';
import type { Translate } from '../../i18n';
import { type BarChart, type LineChart, lineChart, pairedBarChart } from '../../lib/chart';
import { PatreonChange } from '../campaigns/change.model';
import { MEMBERSHIP_KINDS, type MembershipKind } from '../members/membership-kind';
import { dayAt } from './daily-figures.service';

const GROWTH_DAYS = 90;
/** A line of a few hundred pixels shows no more than these. */
const GROWTH_POINTS = 46;
const WEEKS = 12;
const WEEK = 7;

/** The reader's language: texts, and numbers and dates as it writes them. */
export interface ChartWords {
  t: Translate;
  format: { number(value: number): string; date(iso: string): string };
}

/** A chart, or why there is none, and in either case what must be known to read it. */
export interface ToldChart<C> {
  chart: C | null;
  note: string;
}

const TONES: Record<MembershipKind, string> = {
  paying: 'positive',
  pending: 'info',
  declined: 'negative',
  former: 'neutral',
  gift: 'special',
  trial: 'caution',
  free: 'accent',
  unknown: 'unknown',
};

/** Live members of each kind that has any, for the last 90 days as far as they were counted. */
export async function growthChart({ t, format }: ChartWords, now: Date, knex: Knex): Promise<ToldChart<LineChart>> {
  const rows: { day: string; kind: MembershipKind; members: string }[] = await knex('daily_member_figures')
    .where('day', '>', dayAt(now, -GROWTH_DAYS))
    .groupBy('day', 'kind')
    .orderBy('day')
    .select('kind', knex.raw('day::text as day'), knex.raw('sum(members) as members'));
  const first = rows[0]?.day;
  if (first === undefined) return { chart: null, note: t('charts:growth.none') };
  const days = thinned(daysFrom(first, rows.at(-1)?.day ?? first));
  if (days.length < 2) return { chart: null, note: t('charts:growth.first', { date: format.date(first) }) };
  const counted = new Map(rows.map(({ day, kind, members }) => [`${day}/${kind}`, Number(members)]));
  const isCounted = new Set(rows.map(({ day }) => day));
  const series = MEMBERSHIP_KINDS.map((kind) => ({
    key: kind,
    label: t(`shared:kind.${kind}`),
    tone: TONES[kind],
    values: days.map((day) => (isCounted.has(day) ? (counted.get(`${day}/${kind}`) ?? 0) : null)),
  })).filter(({ values }) => values.some((value) => value !== null && value > 0));
  const labels = days.map((day) => format.date(day));
  return {
    chart: lineChart({ labels, series, format: format.number }),
    note: t('charts:growth.since', { date: format.date(first) }),
  };
}

/** Who joined and who left in each of the last twelve weeks, which begin on Mondays. */
export async function movementsChart({ t, format }: ChartWords, now: Date, knex: Knex): Promise<ToldChart<BarChart>> {
  const weeks = mondays(now);
  const keptSince = await PatreonChange.keptSince(knex);
  const rows: { week: string; joined: string; departed: string }[] = await knex('daily_member_movements')
    .where('day', '>=', weeks[0] as string)
    .groupBy('week')
    .select(knex.raw(`date_trunc('week', day::timestamp)::date::text as week`))
    .select(knex.raw('sum(joined) as joined, sum(departed) as departed'));
  if (rows.length === 0) {
    const isCounted = (await knex('daily_member_figures').first('day')) !== undefined;
    return { chart: null, note: t(isCounted ? 'charts:movements.nobody' : 'charts:movements.none') };
  }
  const byWeek = new Map(rows.map((row) => [row.week, row]));
  const keptFrom = keptSince.slice(0, 10);
  // Of the weeks before changes were kept nobody knows who left.
  const departed = weeks.map((week) =>
    dayAt(new Date(week), WEEK) <= keptFrom ? null : Number(byWeek.get(week)?.departed ?? 0),
  );
  const joined = weeks.map((week) => Number(byWeek.get(week)?.joined ?? 0));
  const series = [
    { key: 'joined', label: t('charts:movements.joined'), tone: 'positive', values: joined },
    { key: 'departed', label: t('charts:movements.departed'), tone: 'negative', values: departed },
  ];
  const labels = weeks.map((week) => format.date(week));
  const isYoung = keptFrom > (weeks[0] as string);
  return {
    chart: pairedBarChart({ labels, series, format: format.number }),
    note: t(isYoung ? 'charts:movements.since' : 'charts:movements.running', { date: format.date(keptSince) }),
  };
}

function daysFrom(first: string, last: string): string[] {
  const days = [first];
  while ((days.at(-1) as string) < last) days.push(dayAt(new Date(days.at(-1) as string), 1));
  return days;
}

/** Every so many days, counted back from the last. */
function thinned(days: readonly string[]): string[] {
  const step = Math.ceil(days.length / GROWTH_POINTS);
  return days.filter((_, place) => (days.length - 1 - place) % step === 0);
}

function mondays(now: Date): string[] {
  const sinceMonday = (now.getUTCDay() + 6) % WEEK;
  return Array.from({ length: WEEKS }, (_, place) => dayAt(now, -sinceMonday - WEEK * (WEEKS - 1 - place)));
}
