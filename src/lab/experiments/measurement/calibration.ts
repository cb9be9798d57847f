import { median } from 'simple-statistics';
import type { RunResult } from '../../../cluster/run';
import type { ExchangeCounts } from '../../../cluster/sending';
import { aloneMs, aloneOn } from '../../../network/network';
import type { LinkBetween, Topology } from '../../../network/topology';
import { isCollective, type Program } from '../../../program/program';
import type { Cost } from '../../../schedule/orders';
import { type OperationTimes, operationTimesOf } from '../../../trace/operation_times';
import type { Span } from '../../../trace/span';
import { InputError } from '../../../words/error';
import { type Phrase, phrase } from '../../../words/phrase';
import { mediansOf, sumOf } from '../../statistics/numbers';
import type { MeasureSettings } from './settings';

/** What a program's operations take, from runs without a wire. */
export type Calibration = {
  /** ms of all ranks' turns at each kernel, and of what held the busiest port of each collective; by id. */
  readonly durations: ReadonlyMap<number, number>;
  /** ms that all kernels take a rank, as a device 1/N as fast, mean over ranks. */
  readonly computeMs: number;
  /** Bytes through the busiest port, of collectives by id. */
  readonly portBytes: ReadonlyMap<number, number>;
  /** ms from the end of the kernel whose result a collective moves until the host has heard of it. */
  readonly announceMs: number;
  /** ms from when a collective is there until the GPU does what waited for it. */
  readonly resumeMs: number;
  /** Of exchanges, the same in every run. */
  readonly counts: ExchangeCounts;
};

/** `delayed`: runs over links of a latency (`delayFor`), from which it is known how soon the GPU goes on. */
export function calibrationOf(runs: readonly RunResult[], ranks: number, delayed: readonly RunResult[]): Calibration {
  const portBytes = new Map<number, number>();
  const spans = runs.map((run) => run.spans());
  for (const span of spans[0]!)
    if (span.kind === 'collective')
      portBytes.set(span.op, Math.max(portBytes.get(span.op) ?? 0, span.sentBytes, span.receivedBytes));
  const times = spans.map((own) => operationTimesOf(own, ranks));
  return {
    durations: new Map([
      ...mediansOf(times.map(({ rounds }) => rounds)),
      ...mediansOf(times.map(({ delivered }) => delivered)),
    ]),
    portBytes,
    computeMs: median(times.map(aloneMsOf)),
    announceMs: announceMsOf(spans),
    resumeMs: resumeMsOf(delayed.map((run) => run.spans())),
    counts: runs[0]!.counts,
  };
}

/**
 * What all kernels take a rank, as a device 1/N as fast, mean over ranks; without timestamps, what the ranks were busy.
 */
export function aloneMsOf({ alone, computed }: OperationTimes): number {
  const own = alone.some(({ size }) => size > 0) ? alone : computed;
  return own.reduce((sum, kernels) => sum + sumOf(kernels.values()), 0) / own.length;
}

/** Communication ÷ computation, as it was delivered; null where nothing was computed. */
export function ratioReachedIn(times: OperationTimes): number | null {
  const alone = aloneMsOf(times);
  return alone > 0 ? sumOf(times.delivered.values()) / alone : null;
}

/** A wire that takes no time leaves just what it takes to hear of a collective. */
function announceMsOf(runs: readonly (readonly Span[])[]): number {
  const lates = runs.flatMap((spans) =>
    spans.flatMap((span) => (span.kind === 'collective' ? [span.end - span.start] : [])),
  );
  return lates.length > 0 ? median(lates) : 0;
}

/**
 * A latency for which the host has heard of all collectives well before they arrive, as over a real wire; ms.
 */
export const delayFor = (runs: readonly RunResult[]): number => 2 * announceMsOf(runs.map((run) => run.spans())) + 0.5;

function resumeMsOf(runs: readonly (readonly Span[])[]): number {
  const lags = runs.flatMap((spans) => {
    const first = new Map<number, number>();
    for (const span of spans)
      if (span.kind === 'compute' && span.awaited)
        first.set(
          span.awaited.op,
          Math.min(first.get(span.awaited.op) ?? Number.POSITIVE_INFINITY, span.start - span.awaited.at),
        );
    return [...first.values()];
  });
  return lags.length > 0 ? median(lags) : 0;
}

/**
 * What the overlapped schedule expects of each operation, ms: a collective takes what the link does, but no less than
 * without one.
 */
export const costOf =
  ({ durations, portBytes, announceMs }: Calibration, topology: Topology, ranks: number): Cost =>
  (op) =>
    isCollective(op)
      ? Math.max(announceMs, durations.get(op.id) ?? 0, aloneMs(op, topology, ranks, portBytes.get(op.id) ?? 0))
      : (durations.get(op.id) ?? 0);

/** A link as it is named, and how many times slower it is emulated. */
type NominalLink = { readonly gbps: number; readonly us: number; readonly dilation: number };

/**
 * The nominal link, null for none; a ratio R sets the bandwidth so that all collectives, alone, take R times the
 * computation.
 */
export function chooseLink(
  { link, dilate, ranks, parallel }: MeasureSettings,
  { portBytes, computeMs }: Calibration,
): NominalLink | null {
  if (link.kind === 'native') return null;
  const dilation = dilate ?? ranks;
  if (link.kind === 'speed') return { gbps: link.gbps, us: link.us, dilation };
  const bytes = [...portBytes.values()].reduce((a, b) => a + b, 0);
  if (bytes === 0)
    throw new InputError(phrase`A link of ratio ${link.ratio} can't be set: ${silence(ranks, parallel)}.`);
  return { gbps: (bytes / (link.ratio * computeMs) / 1e6) * dilation, us: 0, dilation };
}

/** Why nothing is sent, and what would send. */
function silence(ranks: number, parallel: MeasureSettings['parallel']): Phrase {
  if (ranks === 1) return phrase`one device sends nothing; use more devices, or give a bandwidth (--link GBPS,US)`;
  return parallel === 'ep'
    ? phrase`dealt out by sequences (ep), this model sends nothing, as one without routed experts does; spread its heads and channels instead (--parallel tp), or give a bandwidth (--link GBPS,US)`
    : phrase`this model sends nothing; give a bandwidth (--link GBPS,US)`;
}

/** What all collectives take by the formula of the links, each alone, ms; with the jitter that these draw. */
export const wireMsOf = (program: Program, { portBytes }: Calibration, links: LinkBetween, ranks: number): number =>
  program.operations.reduce(
    (sum, op) => (isCollective(op) ? sum + aloneOn(links, op, ranks, portBytes.get(op.id) ?? 0) : sum),
    0,
  );
