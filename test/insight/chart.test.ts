import { CHART_HEIGHT, CHART_WIDTH, lineChart, pairedBarChart } from '../../src/lib/chart';

const format = (value: number) => String(value);
const series = (values: (number | null)[], tone = 'positive') => ({ key: tone, label: tone, tone, values });

describe('a line chart', () => {
  it('puts zero at the bottom and ends on a round number above the largest value', () => {
    const chart = lineChart({ labels: ['a', 'b', 'c'], series: [series([0, 37, 61])], format });
    expect(chart.ticks.map(({ label }) => label)).toEqual(['80', '40', '0']);
    expect(chart.lines[0]?.points.split(' ')[0]).toBe(`0,${CHART_HEIGHT}`);
    expect(chart.lines[0]?.points).toMatch(new RegExp(` ${CHART_WIDTH},71.25$`));
  });

  it('leaves a gap where nothing is known, and says so in the table', () => {
    const chart = lineChart({ labels: ['a', 'b', 'c', 'd'], series: [series([4, 4, null, 4])], format });
    expect(chart.lines).toHaveLength(2);
    expect(chart.rows[2]).toEqual({ label: 'c', values: ['–'] });
    expect(chart.slices[2]?.title).toBe('c: positive –');
  });

  it('draws nothing outside its frame, whatever the values are', () => {
    for (const values of [[0, 0], [1], [0.4, 0.2], [999_999, 1_000_000], [null, null], []]) {
      const labels = values.map((_, index) => String(index));
      const chart = lineChart({ labels, series: [series(values)], format });
      const numbers = chart.lines.flatMap(({ points }) => points.split(/[ ,]/).map(Number));
      expect(numbers.every((n) => n >= 0 && n <= CHART_WIDTH)).toBe(true);
      expect(chart.slices.every(({ x, width }) => x >= 0 && x + width <= CHART_WIDTH + 0.01)).toBe(true);
    }
  });

  it('names a few labels only, the first and the last among them', () => {
    const labels = Array.from({ length: 90 }, (_, day) => `day ${day}`);
    const { days } = lineChart({ labels, series: [series(labels.map(() => 1))], format });
    expect(days).toHaveLength(5);
    expect([days[0], days.at(-1)]).toEqual(['day 0', 'day 89']);
  });
});

describe('a chart of paired bars', () => {
  it('lets the first series rise from the line from which the second hangs, to one scale', () => {
    const chart = pairedBarChart({ labels: ['a'], series: [series([40]), series([20], 'negative')], format });
    const [up, down] = chart.bars;
    expect((up?.y ?? 0) + (up?.height ?? 0)).toBeCloseTo(down?.y ?? -1);
    expect(up?.height).toBeCloseTo(2 * (down?.height ?? 0));
    expect((down?.y ?? 0) + (down?.height ?? 0)).toBeLessThanOrEqual(CHART_HEIGHT);
  });

  it('has no bar for nothing, and no room below when nobody left', () => {
    const chart = pairedBarChart({
      labels: ['a', 'b'],
      series: [series([3, 0]), series([0, null], 'negative')],
      format,
    });
    expect(chart.bars).toHaveLength(1);
    expect(chart.ticks.map(({ label }) => label)).toEqual(['4', '0']);
  });
});
