import type { Connectivity } from '../connectivity/connectivity';
import { nodeOf } from '../network/topology';
import type { Span } from '../trace/span';
import { inColumnOrder } from '../trace/span_columns';
import { type Phrase, phrase } from '../words/phrase';
import type { Generation } from './generate';
import type { Manifest } from './manifest';
import type { CombinationResult, Measurement } from './measure';
import type { Combination } from './progress';
import type { Settings } from './settings';

/**
 * What a session keeps, a file stores and the site's recorded runs are. `id` stays the same in all of them, so that
 * links can name it.
 */
export type LabRun = {
  readonly id: string;
  readonly name: string;
  /**
   * What whoever measured it calls the machine, as browsers say little of a GPU; null: only what the manifest says is
   * known.
   */
  readonly machine: string | null;
} & RunContent;
export type RunContent =
  | { readonly kind: 'measurement'; readonly measurement: Measurement }
  | { readonly kind: 'sweep'; readonly over: SweepSetting; readonly points: readonly SweepPoint[] }
  | { readonly kind: 'generation'; readonly generation: Generation }
  /** Kernels of traces that were opened: this lab's own, or those of PyTorch's profiler. */
  | { readonly kind: 'trace'; readonly ranks: number; readonly spans: readonly Span[] };

export const SWEEP_SETTINGS = ['ratio', 'ranks', 'tokens'] as const;
export type SweepSetting = (typeof SWEEP_SETTINGS)[number];
/** What a point of a sweep changes. */
export const sweptSetting = (over: SweepSetting, value: number): Partial<Settings> =>
  over === 'ratio' ? { link: { kind: 'ratio', ratio: value } } : { [over]: value };
export type SweepPoint = { readonly value: number; readonly measurement: Measurement };

/** What a timeline draws: the spans of one run on all its devices. Times in ms. */
export type Track = {
  /** Names it within its run. */
  readonly key: string;
  readonly combination: Combination | null;
  /** The value of the setting that a sweep went over. */
  readonly point: { readonly over: SweepSetting; readonly value: number } | null;
  readonly ranks: number;
  /** The node that each rank is in. */
  readonly nodeOf: readonly number[];
  readonly spans: readonly Span[];
  /** What paced its messages: the emulated link, the way through the host alone, or nothing; null: not known. */
  readonly wire: 'emulated' | 'native' | 'instant' | null;
  /** Where each step of a generation begins, and its number. */
  readonly steps: readonly { readonly at: number; readonly step: number }[];
  /** The measurement's own numbers, where it is of one. */
  readonly result: CombinationResult | null;
  /** The median time between tokens, where it is of a generation that has some. */
  readonly tbtMs: number | null;
  readonly table: Connectivity | null;
};

/** Where and when a run was measured; null for traces, which do not say. */
export function manifestOfRun(run: RunContent): Manifest | null {
  switch (run.kind) {
    case 'measurement':
      return run.measurement.manifest;
    case 'sweep':
      return run.points[0]!.measurement.manifest;
    case 'generation':
      return run.generation.manifest;
    case 'trace':
      return null;
  }
}

/** The machine that a run was measured on, as far as it is known. */
export const machineOf = (run: LabRun): string => run.machine ?? manifestOfRun(run)?.adapter ?? '';

/** Of a run, in characters. */
export const LONGEST_NAME = 200;

/** A run that has just ended: its date is its id. */
export function newRun(
  content: RunContent,
  name: string,
  machine: string | null = null,
  date = manifestOfRun(content)?.date ?? new Date().toISOString(),
): LabRun {
  return { id: date.replace(/[^\dT]/g, ''), name: name.slice(0, LONGEST_NAME) || '–', machine, ...content };
}

/** What a run is of, in the terms of its settings. */
export function nameOf(run: RunContent): Phrase {
  switch (run.kind) {
    case 'measurement':
      return measurementName(run.measurement);
    case 'sweep':
      return sweepName(run);
    case 'generation': {
      const { model, ranks, parallel, schedule } = run.generation.settings;
      return schedule === 'blocking'
        ? phrase`${model}, ${parallel} on ${ranks}, blocking, text`
        : phrase`${model}, ${parallel} on ${ranks}, overlapped, text`;
    }
    case 'trace':
      return phrase`trace`;
  }
}

function sweepName({ over, points }: Extract<RunContent, { kind: 'sweep' }>): Phrase {
  const { model, ranks, parallel } = points[0]!.measurement.settings;
  const values = points.map(({ value }) => value).join(', ');
  switch (over) {
    case 'ranks':
      return phrase`${model}, ${parallel}, devices ${values}`;
    case 'ratio':
      return phrase`${model}, ${parallel} on ${ranks}, ratio ${values}`;
    case 'tokens':
      return phrase`${model}, ${parallel} on ${ranks}, tokens ${values}`;
  }
}

function measurementName({ settings: { model, ranks, parallel, link } }: Measurement): Phrase {
  switch (link.kind) {
    case 'ratio':
      return phrase`${model}, ${parallel} on ${ranks}, ratio ${link.ratio}`;
    case 'speed':
      return phrase`${model}, ${parallel} on ${ranks}, ${link.gbps} GB/s`;
    case 'native':
      return phrase`${model}, ${parallel} on ${ranks}, native`;
  }
}

const keyOf = ({ connectivity, schedule }: Combination): string => `${connectivity}-${schedule}`;

export function tracksOf(run: RunContent): Track[] {
  switch (run.kind) {
    case 'measurement':
      return measurementTracks(run.measurement, null);
    case 'sweep':
      return run.points.flatMap(({ value, measurement }) => measurementTracks(measurement, { over: run.over, value }));
    case 'generation':
      return generationTracks(run.generation);
    case 'trace':
      return [
        {
          ...PLAIN,
          key: 'trace',
          combination: null,
          ranks: run.ranks,
          nodeOf: new Array<number>(run.ranks).fill(0),
          spans: inColumnOrder(run.spans),
        },
      ];
  }
}

const nodesOf = ({ ranks, topology }: Pick<Settings, 'ranks' | 'topology'>): number[] =>
  Array.from({ length: ranks }, (_, rank) => nodeOf(topology, ranks, rank));

const PLAIN = { point: null, steps: [], result: null, tbtMs: null, table: null, wire: null } as const;

const measurementTracks = ({ settings, link, results }: Measurement, point: Track['point']): Track[] =>
  results.map((result) => ({
    ...PLAIN,
    key: point ? `${point.value}-${keyOf(result)}` : keyOf(result),
    combination: { connectivity: result.connectivity, schedule: result.schedule },
    point,
    ranks: settings.ranks,
    nodeOf: nodesOf(settings),
    spans: result.spans,
    wire: link ? 'emulated' : 'native',
    result,
    table: result.table,
  }));

/** A run that is still going on, by what is known of it so far. */
export const liveTrack = (
  settings: Pick<Settings, 'ranks' | 'topology'>,
  { connectivity, schedule }: Combination,
  spans: readonly Span[],
): Track => ({
  ...PLAIN,
  key: keyOf({ connectivity, schedule }),
  combination: { connectivity, schedule },
  ranks: settings.ranks,
  nodeOf: nodesOf(settings),
  spans: inColumnOrder(spans),
});

/** Operations of different steps must not be taken for one another. */
const MOST_OPERATIONS = 1_000_000;

/** The kept steps of each model one after the other, as if nothing had lain between them. */
function generationTracks({ settings, results, steps: kept }: Generation): Track[] {
  return results.map((result) => {
    const own = kept.filter(({ combination }) => keyOf(combination) === keyOf(result));
    let at = 0;
    const steps: { at: number; step: number }[] = [];
    const spans = own.flatMap(({ step, spans }) => {
      const from = at;
      steps.push({ at: from, step });
      at += result.steps[step]?.wallMs ?? Math.max(0, ...spans.map(({ end }) => end));
      // What lies between two steps, such as drawing the next token, is nobody's lateness.
      const firsts = firstKernels(spans);
      return spans.map((span) =>
        later(
          firsts.has(span) && span.kind === 'compute' ? { ...span, submitted: null } : span,
          from,
          step * MOST_OPERATIONS,
        ),
      );
    });
    return {
      ...PLAIN,
      key: keyOf(result),
      combination: { connectivity: result.connectivity, schedule: result.schedule },
      ranks: settings.ranks,
      nodeOf: nodesOf(settings),
      spans: inColumnOrder(spans),
      wire: settings.link ? 'emulated' : 'instant',
      tbtMs: result.tbtMs?.median ?? null,
      steps,
    };
  });
}

/** The first kernel of each rank. */
function firstKernels(spans: readonly Span[]): Set<Span> {
  const first = new Map<number, Span>();
  for (const span of spans)
    if (span.kind === 'compute' && span.start < (first.get(span.rank)?.start ?? Number.POSITIVE_INFINITY))
      first.set(span.rank, span);
  return new Set(first.values());
}

function later(span: Span, ms: number, ops: number): Span {
  const moved = { ...span, op: span.op + ops, start: span.start + ms, end: span.end + ms };
  if (moved.kind !== 'compute') return moved;
  const { submitted, awaited } = moved;
  return {
    ...moved,
    submitted: submitted === null ? null : submitted + ms,
    awaited: awaited && { op: awaited.op + ops, at: awaited.at + ms },
  };
}
