import { join, parse } from 'node:path';
import type { CombinationResult, Measurement } from '../lab/experiments/measurement/result';
import type { Comparison, Difference } from '../trace/compare';
import { hiddenShare, type RankOverlap } from '../trace/overlap';
import { toRankTraces } from '../trace/rank_traces';
import { toChromeTrace } from '../trace/write_trace';
import { table } from './table';

/** A Chrome trace of the run shown of each combination, by file name; `point` is that of a sweep. */
export function measureTraces(measured: Measurement, path: string, point: number | null): [string, string][] {
  const { dir, name, ext } = parse(path);
  return measured.results.map((result) => [
    join(dir, `${name}.${traceName(result, point)}${ext || '.json'}`),
    JSON.stringify(toChromeTrace(result.spans, measured.settings.ranks, aboutTrace(measured, result))),
  ]);
}

/** The same in a file a rank, in a folder each. */
export function measureRankTraces(measured: Measurement, folder: string, point: number | null): [string, string][] {
  return measured.results.flatMap((result) =>
    toRankTraces(result.spans, measured.settings.ranks, aboutTrace(measured, result)).map(
      (text, rank): [string, string] => [join(folder, traceName(result, point), `rank${rank}.json`), text],
    ),
  );
}

const traceName = ({ connectivity, schedule }: CombinationResult, point: number | null): string =>
  `${point === null ? '' : `${point}.`}${connectivity.replace(':', '-')}-${schedule}`;

const aboutTrace = ({ manifest, settings }: Measurement, { connectivity, schedule }: CombinationResult) => ({
  wire: settings.wire,
  otherData: { connectivity, schedule, manifest, settings },
});

/** Overlap of each rank of a trace. */
export function overlapTable(ranks: readonly (RankOverlap & { readonly rank: number })[]): string {
  const rows = ranks.map(({ rank, computeMs, commMs, hiddenMs }) => [
    String(rank),
    computeMs.toFixed(3),
    commMs.toFixed(3),
    hiddenMs.toFixed(3),
    commMs > 0 ? (hiddenMs / commMs).toFixed(3) : '-',
  ]);
  const mean = hiddenShare(ranks)?.toFixed(3) ?? '-';
  return `${table(['rank', 'compute ms', 'comm ms', 'hidden ms', 'hidden'], rows)}\nhidden, mean over ranks: ${mean}`;
}

/** What two runs spent, in ms a rank, and how much more the second. */
export function comparisonTable(compared: Comparison): string {
  const rows = (title: string, list: readonly Difference[]) =>
    list.map(({ name, first, second }) => [
      `${title}${name}`,
      first.count.toFixed(0),
      first.ms.toFixed(3),
      second.count.toFixed(0),
      second.ms.toFixed(3),
      signed(second.ms - first.ms),
    ]);
  return table(
    ['ms a rank', 'kernels', 'first', 'kernels', 'second', 'difference'],
    [
      ...rows('', compared.kinds),
      ...rows('exposed ', compared.exposed),
      ...rows('only in the first: ', compared.onlyFirst),
      ...rows('only in the second: ', compared.onlySecond),
    ],
  );
}

const signed = (value: number): string => `${value < 0 ? '\u2212' : '+'}${Math.abs(value).toFixed(3)}`;
