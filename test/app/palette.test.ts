import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inkOn, PALETTE } from '../../src/app/parts/palette';

type Three = readonly [number, number, number];

/**
 * What eyes without one kind of cone see of linear red, green and blue: Machado, Oliveira and Fernandes, "A
 * physiologically-based model for simulation of color vision deficiency" (2009), at full severity.
 */
const EYES: readonly (readonly Three[])[] = [
  [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
];
const linear = (colour: string): Three =>
  [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Three;
const times = (rows: readonly Three[], v: Three): Three =>
  rows.map((row) => Math.min(1, Math.max(0, row[0] * v[0] + row[1] * v[1] + row[2] * v[2]))) as unknown as Three;
/** CIE L*a*b* under D65. */
function lab([r, g, b]: Three): Three {
  const f = (t: number) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
const apart = (a: string, b: string): number =>
  Math.min(
    ...EYES.map((eye) => {
      const [p, q] = [lab(times(eye, linear(a))), lab(times(eye, linear(b)))];
      return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
    }),
  );

const KERNELS = (['attention', 'router', 'routed', 'shared', 'residual', 'embedding'] as const).map(
  (block) => PALETTE[block].colour,
);
const [, light = '', dark = ''] =
  /--exposed: light-dark\((#\w{6}), (#\w{6})\)/.exec(readFileSync('src/app/styles.css', 'utf8')) ?? [];

test('kernels are told from one another, and waiting from each of them, by any eyes', () => {
  const pairs = KERNELS.flatMap((a, i) =>
    [...KERNELS.slice(0, i), light, dark].map((b) => [a, b, apart(a, b)] as const),
  );
  expect(pairs).toHaveLength(15 + 12);
  expect(pairs.filter(([, , distance]) => !(distance >= 18))).toEqual([]);
});

test('collectives, on lanes of their own, are told by their hatches, too', () => {
  for (const block of ['dispatch', 'combine', 'all-reduce', 'communication'] as const)
    expect(PALETTE[block].hatch).toBeTruthy();
  expect(PALETTE.dispatch.hatch).not.toBe(PALETTE.combine.hatch);
});

test('what is written on a colour has a contrast of at least 4.5 with it', () => {
  const luminance = (colour: string) => {
    const [r, g, b] = linear(colour);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const { colour } of Object.values(PALETTE)) {
    const [one, other] = [luminance(colour), luminance(inkOn(colour))].toSorted((a, b) => b - a);
    expect((one! + 0.05) / (other! + 0.05)).toBeGreaterThanOrEqual(4.5);
  }
});
