import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const css = readFileSync(join(__dirname, '../../public/css/tokens.css'), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [
    name,
    { light, dark },
  ]),
);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of WCAG 2.2, 1 to 21. */
function contrast(one: string, other: string, theme: 'light' | 'dark'): number {
  const [a, b] = [one, other].map((name) => luminance(tokens.get(name)?.[theme] ?? ''));
  return (Math.max(a ?? 0, b ?? 0) + 0.05) / (Math.min(a ?? 0, b ?? 0) + 0.05);
}

const grounds = ['canvas', 'surface', 'raised', 'sunken', 'hover', 'field'];
const tones = ['positive', 'caution', 'negative', 'info', 'special'];

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  const weak = (pairs: string[][], least: number) =>
    pairs.filter(([a = '', b = '']) => !(contrast(a, b, theme) >= least));

  it('gives all text a contrast of 4.5 or more', () => {
    const text = grounds.flatMap((ground) => ['text', 'text-muted', 'accent', 'negative'].map((ink) => [ink, ground]));
    const washes = tones.flatMap((tone) => [
      [tone, `${tone}-wash`],
      ['text', `${tone}-wash`],
      ['text-muted', `${tone}-wash`],
    ]);
    const fills = [
      ['text-on-accent', 'accent'],
      ['text-on-accent', 'accent-hover'],
      ['text', 'accent-wash'],
    ];
    expect(weak([...text, ...washes, ...fills], 4.5)).toEqual([]);
  });

  it('gives the edges of controls and the focus ring a contrast of 3 or more', () => {
    expect(
      weak(
        grounds.flatMap((ground) => ['line-strong', 'focus'].map((edge) => [edge, ground])),
        3,
      ),
    ).toEqual([]);
  });
});
