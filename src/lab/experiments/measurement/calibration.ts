import { median } from 'simple-statistics';
import type { RunResult } from '../../../cluster/run_contract';
import type { ExchangeCounts } from '../../../cluster/sending';
import { aloneMs, aloneOn } from '../../../network/network';
import type { LinkBetween, Topology } from '../../../network/topology';
import { isCollective, type Program } from '../../../program/program';
import type { Cost, Resume } from '../../../schedule/orders';
import { lengthOf, merge, subtract } from '../../../trace/intervals';
import { type OperationTimes, operationTimesOf } from '../../../trace/operation_times';
import { type Interval, intervalsOf, type Span } from '../../../trace/span';
import { InputError } from '../../../words/error';
import { type Phrase, phrase } from '../../../words/phrase';
import { mediansOf, sumOf } from '../../statistics/numbers';
import type { MeasureSettings } from './settings';

/** What a program's operations take, from runs over an instant wire, or without one. */
export type Calibration = {
  /** ms of all ranks' turns at each kernel, and of what held the busiest port of each collective; by id. */
  readonly durations: ReadonlyMap<number, number>;
  /** ms that all kernels take a rank, as a device 1/N as fast, mean over ranks. */
  readonly computeMs: number;
  /** Bytes through the busiest port, of collectives by id. */
  readonly portBytes: ReadonlyMap<number, number>;
  /** ms from the end of the kernel whose result a collective moves until the host has heard of it. */
  readonly announceMs: number;
  /** How the GPU goes on once a collective is there, ms; where the host could prepare that. */
  readonly resume: Resume;
  /** ms that it idles longer where the host could not, as what is there at once; of collectives by id. */
  readonly unpreparedMs: ReadonlyMap<number, number>;
  /** Of exchanges, the same in every run. */
  readonly counts: ExchangeCounts;
};

/**
 * `delayed`: runs over links of a latency (`delayFor`), from which it is known how soon the GPU goes on; null where the
 * runs are without a wire, so that it goes on at once but where the host has to hear of something.
 */
export function calibrationOf(
  runs: readonly RunResult[],
  ranks: number,
  delayed: readonly RunResult[] | null,
): Calibration {
  const portBytes = new Map<number, number>();
  const spans = runs.map((run) => run.spans());
  for (const span of spans[0]!)
    if (span.kind === 'collective')
      portBytes.set(span.op, Math.max(portBytes.get(span.op) ?? 0, span.sentBytes, span.receivedBytes));
  const times = spans.map((own) => operationTimesOf(own, ranks));
  const delayedSpans = delayed?.map((run) => run.spans()) ?? null;
  return {
    durations: new Map([
      ...mediansOf(times.map(({ rounds }) => rounds)),
      ...mediansOf(times.map(({ delivered }) => delivered)),
    ]),
    portBytes,
    computeMs: median(times.map(aloneMsOf)),
    announceMs: announceMsOf(spans),
    resume: resumeOf(spans, delayedSpans ?? []),
    unpreparedMs: unpreparedMsOf(spans, delayedSpans),
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

/** A wire that takes no time leaves just what it takes to hear of a collective, where the host has to. */
function announceMsOf(runs: readonly (readonly Span[])[]): number {
  const lates = runs.flatMap((spans) =>
    spans.flatMap(({ kind, source, start, end }) => (kind === 'collective' && source === 'host' ? [end - start] : [])),
  );
  return lates.length > 0 ? median(lates) : 0;
}

/**
 * A latency for which the host has heard of all collectives well before they arrive, as over a real wire; ms.
 */
export const delayFor = (runs: readonly RunResult[]): number => 2 * announceMsOf(runs.map((run) => run.spans())) + 0.5;

function resumeOf(runs: readonly (readonly Span[])[], delayed: readonly (readonly Span[])[]): Resume {
  const lags = delayed.flatMap((spans) => [...lagsIn(spans).values()]);
  const copying = mediansOf([...runs, ...delayed].map(copyingIn));
  return { lag: lags.length > 0 ? median(lags) : 0, copying: ({ id }) => copying.get(id) ?? 0 };
}

/**
 * From the arrival of each collective that was waited for until the GPU copied it, or ran the first kernel after it; by
 * id.
 */
function lagsIn(spans: readonly Span[]): Map<number, number> {
  const first = new Map<number, { readonly at: number; readonly start: number }>();
  for (const span of spans) {
    if (span.kind !== 'compute' || !span.awaited) continue;
    const { op, at } = span.awaited;
    first.set(op, { at, start: Math.min(first.get(op)?.start ?? Number.POSITIVE_INFINITY, span.start) });
  }
  for (const { kind, op, start } of spans) {
    const own = first.get(op);
    if (kind === 'copy' && own && start >= own.at) first.set(op, { ...own, start: Math.min(own.start, start) });
  }
  return new Map([...first].map(([op, { at, start }]) => [op, start - at]));
}

/**
 * How much longer the GPU idles after each collective in `runs` than in `delayed`, ms; by id. Layers are alike, and how
 * long the host takes differs from time to time: of collectives of one kind the median. None where either is not known.
 * Without a wire (`delayed` is null) all of it.
 */
function unpreparedMsOf(
  runs: readonly (readonly Span[])[],
  delayed: readonly (readonly Span[])[] | null,
): ReadonlyMap<number, number> {
  const kinds = new Map(
    runs.flat().flatMap((span) => (span.kind === 'collective' ? [[span.op, collectiveKindOf(span)] as const] : [])),
  );
  const idle = idleOfKinds(runs, kinds);
  const prepared = delayed && idleOfKinds(delayed, kinds);
  return new Map(
    [...kinds].flatMap(([op, kind]) => {
      const [ms, least] = [idle.get(kind), prepared ? prepared.get(kind) : 0];
      return ms === undefined || least === undefined ? [] : [[op, Math.max(0, ms - least)]];
    }),
  );
}

/** How long the GPU idles after collectives of each kind, ms; medians over all runs and layers. */
function idleOfKinds(
  runs: readonly (readonly Span[])[],
  kinds: ReadonlyMap<number, string>,
): ReadonlyMap<string, number> {
  const found = new Map<string, number[]>();
  for (const [op, ms] of runs.flatMap((spans) => [...idleIn(spans)])) {
    const kind = kinds.get(op);
    if (kind !== undefined) found.set(kind, [...(found.get(kind) ?? []), ms]);
  }
  return new Map([...found].map(([kind, own]) => [kind, median(own)]));
}

const collectiveKindOf = ({ phase, block, name }: Span): string => `${phase} ${block} ${name}`;

/** How long the GPU idles from the arrival of each collective to the start of the last kernel that waited for it. */
function idleIn(spans: readonly Span[]): Map<number, number> {
  const waited = new Map<number, Interval>();
  for (const span of spans) {
    if (span.kind !== 'compute' || !span.awaited) continue;
    const { op, at } = span.awaited;
    waited.set(op, [at, Math.max(waited.get(op)?.[1] ?? at, span.start)]);
  }
  const busy = merge(
    spans.flatMap((span) => (span.kind === 'compute' || span.kind === 'copy' ? intervalsOf(span) : [])),
  );
  return new Map([...waited].map(([op, own]) => [op, lengthOf(subtract([own], busy))]));
}

/** What the GPU copied of each collective, ms of all ranks; by id. */
function copyingIn(spans: readonly Span[]): Map<number, number> {
  const intervals = new Map<number, Interval[]>();
  for (const { kind, op, start, end } of spans)
    if (kind === 'copy') intervals.set(op, [...(intervals.get(op) ?? []), [start, end]]);
  return new Map([...intervals].map(([op, own]) => [op, lengthOf(merge(own))]));
}

/**
 * What the overlapped schedule expects of each operation, ms: a collective takes what the link does, but no less than
 * over an instant one. What is there before the host could prepare what follows takes as much longer as the GPU then
 * idles. `topology`: null where the way between devices has its own pace.
 */
export const costOf =
  (calibration: Calibration, topology: Topology | null, ranks: number): Cost =>
  (op) => {
    const { durations, portBytes, announceMs, unpreparedMs } = calibration;
    const took = durations.get(op.id) ?? 0;
    if (!isCollective(op)) return took;
    const unprepared = announceMs + (unpreparedMs.get(op.id) ?? 0);
    const wireMs = topology ? aloneMs(op, topology, ranks, portBytes.get(op.id) ?? 0) : 0;
    return Math.max(unprepared, took, wireMs);
  };

/** The same without a wire: of most collectives the host need not hear, and they take no time. */
export const costWithoutWire =
  ({ durations, unpreparedMs }: Calibration): Cost =>
  ({ id }) =>
    (durations.get(id) ?? 0) + (unpreparedMs.get(id) ?? 0);

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
  if (link.kind === 'native' || link.kind === 'none') return null;
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
