import { median } from 'simple-statistics';
import type { Combination } from '../../lab/experiments/experiment';
import { nameOfCombination } from '../../lab/experiments/experiment';
import type { Generation } from '../../lab/experiments/generation/result';
import type { CombinationResult, Measurement } from '../../lab/experiments/measurement/result';
import type { SweepResult } from '../../lab/experiments/sweep_result';
import type { Track } from '../../lab/experiments/track';
import type { Estimate } from '../../lab/statistics/estimate';
import { titleOf } from '../parts/titles';
import type { Text } from '../text/en';

/** null: there is no such number. */
export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;
type Column = { readonly key: string; readonly label: string };
/** What a chart draws and what its table and its CSV say. The first column names the row. */
export type ChartData = {
  readonly title: string;
  /** Of its files, without an ending: the same in all languages. */
  readonly file: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
};

/** Wall time of each combination: a row has run, median, low, high, bound. */
export const wallData = (t: Text, { results, settings }: Measurement): ChartData => ({
  title: settings.pass === 'forward' ? t.charts.wall : t.charts.wallOfStep,
  file: settings.pass === 'forward' ? 'time-to-first-token' : 'wall-time',
  columns: [
    { key: 'run', label: t.results.run },
    { key: 'median', label: t.charts.inUnit(t.charts.median, t.charts.ms) },
    { key: 'low', label: t.charts.inUnit(t.charts.low, t.charts.ms) },
    { key: 'high', label: t.charts.inUnit(t.charts.high, t.charts.ms) },
    { key: 'bound', label: t.charts.inUnit(t.charts.bound, t.charts.ms) },
  ],
  rows: results.map((result) => ({
    run: t.say(nameOfCombination(result)),
    ...result.wallMs,
    bound: result.boundMs.median,
  })),
});

/** `series`: what of the run of each number after `hidden` and `exposed` is. */
export type LayersData = ChartData & { readonly series: readonly string[] };

/**
 * Communication of each layer of the tracks on show: a row has layer, and hidden0, exposed0 and so on. Null where there
 * is none.
 */
export function hiddenPerLayerData(t: Text, tracks: readonly Track[]): LayersData | null {
  const measured = tracks.filter(({ result }) => result !== null && result.exposures.length > 0);
  if (measured.length === 0) return null;
  const titles = measured.map((track) => titleOf(t, track));
  // Two runs of the same combination.
  const series = new Set(titles).size < titles.length ? titles.map((title, i) => t.charts.place(title, i + 1)) : titles;
  const sums = measured.map(({ result }) => layerSums(result!));
  const layers = [...new Set(sums.flatMap((own) => [...own.keys()]))].sort(byLayer);
  return {
    title: t.charts.hiddenPerLayer,
    file: 'hidden-per-layer',
    series,
    columns: [
      { key: 'layer', label: t.charts.layer },
      ...series.flatMap((title, i) => [
        { key: `hidden${i}`, label: t.charts.inUnit(t.charts.ofRun(title, t.charts.hidden), t.charts.ms) },
        { key: `exposed${i}`, label: t.charts.inUnit(t.charts.ofRun(title, t.charts.exposed), t.charts.ms) },
      ]),
    ],
    rows: layers.map((layer) => ({
      layer: layer ?? '–',
      ...Object.fromEntries(
        sums.flatMap((own, i) => [
          [`hidden${i}`, own.get(layer)?.hidden ?? null],
          [`exposed${i}`, own.get(layer)?.exposed ?? null],
        ]),
      ),
    })),
  };
}

/** Over the collectives of each layer, ms. */
function layerSums({ exposures }: CombinationResult): Map<number | null, { hidden: number; exposed: number }> {
  const sums = new Map<number | null, { hidden: number; exposed: number }>();
  for (const { layer, ms, hiddenMs } of exposures) {
    const before = sums.get(layer) ?? { hidden: 0, exposed: 0 };
    sums.set(layer, { hidden: before.hidden + hiddenMs, exposed: before.exposed + Math.max(0, ms - hiddenMs) });
  }
  return sums;
}

/** What belongs to no layer comes last. */
const byLayer = (a: number | null, b: number | null) =>
  (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY);

/** Connectivities whose tokens were dispatched, each with its layers that route, in order. */
export function routedLayers({
  results,
}: Measurement): { readonly connectivity: string; readonly layers: readonly number[] }[] {
  const routed = results.filter(({ routing }) => routing.length > 0);
  return [...new Set(routed.map(({ connectivity }) => connectivity))].map((connectivity) => ({
    connectivity,
    layers: routingOf(routed, connectivity)
      .map(({ layer }) => layer)
      .sort((a, b) => a - b),
  }));
}

/** The same under each schedule, as the bits are. */
const routingOf = (results: readonly CombinationResult[], connectivity: string) =>
  results.find((result) => result.connectivity === connectivity && result.routing.length > 0)?.routing ?? [];

/** `even`: what each expert would have if all had the same. */
export type RoutingData = ChartData & { readonly even: number };

/** Pairs of each expert of a layer: a row has expert, pairs, even. Null where that layer did not route. */
export function routingData(
  t: Text,
  { results }: Measurement,
  connectivity: string,
  layer: number,
): RoutingData | null {
  const load = routingOf(results, connectivity).find((routing) => routing.layer === layer)?.load;
  if (!load || load.length === 0) return null;
  const even = load.reduce((sum, pairs) => sum + pairs, 0) / load.length;
  return {
    title: t.charts.routing(layer),
    file: `routing-load-${connectivity.replace(/\W+/g, '-')}-layer-${layer}`,
    even,
    columns: [
      { key: 'expert', label: t.charts.expert },
      { key: 'pairs', label: t.charts.pairs },
      { key: 'even', label: t.charts.even },
    ],
    rows: load.map((pairs, expert) => ({ expert, pairs, even })),
  };
}

/**
 * Lines over the column `x`: a row has, for each of the series, median0 and so on, and low0 and high0 where there are
 * intervals. `of` says what the lines are of, and so how the axes are drawn.
 */
/** What a sweep's charts are of. */
export const SWEPT_NUMBERS = ['speedup', 'hidden', 'paid', 'wall'] as const;
type SweptNumber = (typeof SWEPT_NUMBERS)[number];

export type LinesData = ChartData & {
  readonly of: SweptNumber | 'between';
  readonly x: Column;
  readonly series: readonly string[];
};

/** Time between tokens of each model: medians over the requests that got so far. Null where no text has two tokens. */
export function betweenTokensData(t: Text, { results }: Generation): LinesData | null {
  const gaps = results.map(({ continuations }) => continuations.map(({ gapsMs }) => gapsMs));
  const longest = Math.max(0, ...gaps.flat().map(({ length }) => length));
  if (longest === 0) return null;
  const series = results.map((result) => t.say(nameOfCombination(result)));
  const x = { key: 'token', label: t.charts.token };
  return {
    title: t.charts.between,
    file: 'time-between-tokens',
    of: 'between',
    x,
    series,
    columns: [x, ...series.map((title, i) => ({ key: `median${i}`, label: t.charts.inUnit(title, t.charts.ms) }))],
    rows: Array.from({ length: longest }, (_, at) => ({
      // The first gap is the one before the second token.
      token: at + 2,
      ...Object.fromEntries(
        gaps.map((requests, i) => {
          const there = requests.flatMap((own) => own[at] ?? []);
          return [`median${i}`, there.length > 0 ? median(there) : null];
        }),
      ),
    })),
  };
}

/**
 * What of each combination a sweep's chart shows, over the values of the setting. Null where there is nothing to
 * compare.
 */
export function sweepData(t: Text, { over, points }: SweepResult, of: SweptNumber): LinesData | null {
  const combinations = points[0]!.measurement.results;
  if (of === 'speedup' && combinations.length < 2) return null;
  const rows = points
    .map(({ value, measurement }) => ({
      value,
      ...Object.fromEntries(
        combinations.flatMap((combination, i) => {
          const estimate = estimateOf(measurement.results.find(same(combination)), of);
          return [
            [`median${i}`, estimate?.median ?? null],
            [`low${i}`, estimate?.low ?? null],
            [`high${i}`, estimate?.high ?? null],
          ];
        }),
      ),
    }))
    .sort((a, b) => a.value - b.value);
  // One device has nobody to communicate with.
  if (!points.some(({ measurement }) => measurement.results.some((result) => estimateOf(result, of)))) return null;
  const setting = t.form.sweeps[over];
  const { title, what } = {
    wall: { title: t.charts.sweepWall(setting), what: t.charts.ms },
    speedup: { title: t.charts.sweepSpeedup(setting), what: t.charts.speedup },
    hidden: { title: t.charts.sweepHidden(setting), what: t.charts.share },
    paid: { title: t.charts.sweepPaid(setting), what: t.charts.paid },
  }[of];
  const series = combinations.map((combination) => t.say(nameOfCombination(combination)));
  const x = { key: 'value', label: setting };
  return {
    title,
    file: `${{ wall: 'time-to-first-token', speedup: 'speed-up', hidden: 'hidden', paid: 'paid' }[of]}-by-${over}`,
    of,
    x,
    series,
    columns: [
      x,
      ...series.flatMap((title, i) => [
        { key: `median${i}`, label: t.charts.ofRun(title, what) },
        { key: `low${i}`, label: t.charts.ofRun(title, t.charts.low) },
        { key: `high${i}`, label: t.charts.ofRun(title, t.charts.high) },
      ]),
    ],
    rows,
  };
}

const same = (a: Combination) => (b: Combination) => a.connectivity === b.connectivity && a.schedule === b.schedule;

function estimateOf(result: CombinationResult | undefined, of: SweptNumber): Estimate | null {
  if (!result) return null;
  if (of === 'paid') return result.paid?.share ?? null;
  return of === 'wall' ? result.wallMs : result[of];
}
