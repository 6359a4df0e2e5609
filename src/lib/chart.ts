/** Units of the drawing's own; it is stretched to the place that it gets, and words stand beside it as HTML. */
export const CHART_WIDTH = 1000;
export const CHART_HEIGHT = 300;

export interface ChartSeries {
  key: string;
  label: string;
  /** The colour and pattern, by name: one of the tones that the style sheet knows. */
  tone: string;
  /** One for each label; null where nothing is known. */
  values: readonly (number | null)[];
}

export interface ChartInput {
  /** What stands below, from left to right. */
  labels: readonly string[];
  series: readonly ChartSeries[];
  format(value: number): string;
}

interface ChartFrame {
  /** Lines across, from top to bottom: where they lie and what value they stand for. */
  ticks: { y: number; label: string }[];
  /** A few of the labels, evenly spread: the first and the last are among them. */
  days: string[];
  /** Narrow columns over the whole height that say on pointing what lies in them. */
  slices: { x: number; width: number; title: string }[];
  legend: { label: string; tone: string; latest: string }[];
  /** The same as a table: one row for each label. */
  rows: { label: string; values: string[] }[];
}

export interface LineChart extends ChartFrame {
  /** A line is in several pieces where values are missing. */
  lines: { tone: string; points: string }[];
}

export interface BarChart extends ChartFrame {
  bars: { tone: string; x: number; y: number; width: number; height: number }[];
}

const MISSING = '–';
const LABELS_SHOWN = 5;
/** Of its place, for each group of bars. */
const GROUP_SHARE = 0.7;

/** Lines over one axis that begins at zero. */
export function lineChart(input: ChartInput): LineChart {
  const top = niceCeiling(largest(input.series));
  const step = CHART_WIDTH / Math.max(1, input.labels.length - 1);
  const y = (value: number) => round(CHART_HEIGHT - (value / top) * CHART_HEIGHT);
  const place = (value: number, index: number) => `${round(index * step)},${y(value)}`;
  const lines = input.series.flatMap(({ tone, values }) =>
    pieces(values).map(({ from, piece }) => ({
      tone,
      points: piece.map((value, index) => place(value, from + index)).join(' '),
    })),
  );
  const ticks = [top, top / 2, 0].map((value) => ({ y: y(value), label: input.format(value) }));
  return { ...frame(input, (index) => ({ x: (index - 0.5) * step, width: step })), ticks, lines };
}

/** Pairs of bars: the first series rises from the middle line, the second hangs below it. Both to the same scale. */
export function pairedBarChart(input: ChartInput): BarChart {
  const [up, down] = input.series;
  const rise = niceCeiling(largest(up ? [up] : []));
  const fall = largest(down ? [down] : []) === 0 ? 0 : niceCeiling(largest(down ? [down] : []));
  const scale = CHART_HEIGHT / (rise + fall);
  const middle = round(rise * scale);
  const step = CHART_WIDTH / Math.max(1, input.labels.length);
  const bar = (tone: string, value: number, index: number, isDown: boolean) => {
    const height = round(value * scale);
    const x = round(index * step + (step * (1 - GROUP_SHARE)) / 2);
    return { tone, x, y: isDown ? middle : round(middle - height), width: round(step * GROUP_SHARE), height };
  };
  const bars = [up, down].flatMap((series, place) =>
    (series?.values ?? []).flatMap((value, index) =>
      value === null || value === 0 ? [] : [bar(series?.tone ?? '', value, index, place === 1)],
    ),
  );
  const ticks = [rise, 0, ...(fall > 0 ? [-fall] : [])].map((value) => ({
    y: round(middle - value * scale),
    label: input.format(Math.abs(value)),
  }));
  return { ...frame(input, (index) => ({ x: index * step, width: step })), ticks, bars };
}

function frame(
  { labels, series, format }: ChartInput,
  slice: (index: number) => { x: number; width: number },
): Omit<ChartFrame, 'ticks'> {
  const shown = (value: number | null | undefined) => (value == null ? MISSING : format(value));
  const told = (index: number) => series.map((one) => `${one.label} ${shown(one.values[index])}`).join(', ');
  return {
    days: spread(labels),
    slices: labels.map((label, index) => {
      const { x, width } = slice(index);
      const left = Math.max(0, x);
      const right = Math.min(CHART_WIDTH, x + width);
      return { x: round(left), width: round(right - left), title: `${label}: ${told(index)}` };
    }),
    legend: series.map(({ label, tone, values }) => ({ label, tone, latest: shown(values.at(-1)) })),
    rows: labels.map((label, index) => ({ label, values: series.map((one) => shown(one.values[index])) })),
  };
}

function spread(labels: readonly string[]): string[] {
  if (labels.length <= LABELS_SHOWN) return [...labels];
  const last = labels.length - 1;
  const places = Array.from({ length: LABELS_SHOWN }, (_, place) => Math.round((place * last) / (LABELS_SHOWN - 1)));
  return places.map((place) => labels[place] ?? '');
}

function pieces(values: readonly (number | null)[]): { from: number; piece: number[] }[] {
  const found: { from: number; piece: number[] }[] = [];
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const last = found.at(-1);
    if (last && last.from + last.piece.length === index) last.piece.push(value);
    else found.push({ from: index, piece: [value] });
  }
  return found;
}

const largest = (series: readonly ChartSeries[]) =>
  Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));

/** The next round number: an axis ends on 1, 2, 4, 6 or 8 times a power of ten, so that its half is round too. */
function niceCeiling(value: number): number {
  if (value <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(value));
  return (([1, 2, 4, 6, 8, 10].find((step) => step * power >= value) ?? 10) as number) * power;
}

const round = (value: number) => Math.round(value * 100) / 100;
