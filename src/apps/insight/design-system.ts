import type { Request } from 'express';
import { createFormat } from '../../http/format';
import { lineChart, pairedBarChart } from '../../lib/chart';
import { MEMBERSHIP_KINDS } from '../members/membership-kind';

const THEMES = ['dark', 'light', 'system'] as const;
const DAYS = 30;

/** What the page of the components shows: real partials with values that touch their edges. */
export function readDesignSystem(req: Request) {
  const asked = THEMES.find((theme) => theme === req.query.theme);
  return {
    title: req.t('specimens:title'),
    section: '',
    ...(asked && { theme: asked }),
    shownTheme: asked ?? req.staff?.theme ?? 'dark',
    kinds: MEMBERSHIP_KINDS,
    ...specimenCharts(req),
  };
}

/** Curves that are the same on every visit. */
function specimenCharts({ t, locale }: Request) {
  const { number: format, date } = createFormat(locale);
  const labels = Array.from({ length: DAYS }, (_, day) => date(new Date(Date.UTC(2026, 0, day + 1)).toISOString()));
  const wave = (base: number, height: number) =>
    labels.map((_, day) => Math.round(base + day * (height / DAYS) + height * Math.sin(day / 4)));
  const kind = (key: string, tone: string, values: (number | null)[]) => ({
    key,
    label: t(`shared:kind.${key}`),
    tone,
    values,
  });
  const gapped = wave(240, 30).map((value, day) => (day > 11 && day < 15 ? null : value));
  const series = [
    kind('paying', 'positive', wave(820, 90)),
    kind('free', 'accent', wave(1200, 140)),
    kind('declined', 'negative', wave(60, 12)),
    kind('former', 'neutral', gapped),
  ];
  const weeks = labels.slice(0, 12);
  const bars = [
    { key: 'joined', label: t('charts:movements.joined'), tone: 'positive', values: wave(30, 18).slice(0, 12) },
    { key: 'departed', label: t('charts:movements.departed'), tone: 'negative', values: wave(12, 6).slice(0, 12) },
  ];
  return {
    line: lineChart({ labels, series, format }),
    bars: pairedBarChart({ labels: weeks, series: bars, format }),
  };
}
