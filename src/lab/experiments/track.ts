import type { Connectivity } from '../../connectivity/connectivity';
import { nodeOf } from '../../network/topology';
import type { Span } from '../../trace/span';
import { inColumnOrder } from '../../trace/span_columns';
import type { Combination } from './experiment';
import type { CombinationResult } from './measurement/result';
import type { RunSettings } from './run_settings';
import type { SweepSetting } from './sweep_settings';

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
  /**
   * What paced its messages: the emulated link, the way through the host alone, nothing, or the wires of real GPUs;
   * null: not known.
   */
  readonly pace: 'emulated' | 'native' | 'instant' | 'real' | null;
  /** How values travelled; null where that is not known. */
  readonly wire: RunSettings['wire'] | null;
  /** Where each step of a generation begins, and its number. */
  readonly steps: readonly { readonly at: number; readonly step: number }[];
  /** The measurement's own numbers, where it is of one. */
  readonly result: CombinationResult | null;
  /** The median time between tokens, where it is of a generation that has some. */
  readonly tbtMs: number | null;
  readonly table: Connectivity | null;
};

/** A track of which nothing more is known than its spans. */
export const plainTrack = (key: string, ranks: number, spans: readonly Span[]): Track => ({
  key,
  combination: null,
  point: null,
  ranks,
  nodeOf: new Array<number>(ranks).fill(0),
  spans: inColumnOrder(spans),
  pace: null,
  wire: null,
  steps: [],
  result: null,
  tbtMs: null,
  table: null,
});

/** A track of one combination: of a run that goes on, all that is known. */
export const combinationTrack = (
  { ranks, topology, wire }: Pick<RunSettings, 'ranks' | 'topology' | 'wire'>,
  { connectivity, schedule }: Combination,
  spans: readonly Span[],
): Track => ({
  ...plainTrack(keyOf({ connectivity, schedule }), ranks, spans),
  combination: { connectivity, schedule },
  nodeOf: Array.from({ length: ranks }, (_, rank) => nodeOf(topology, ranks, rank)),
  wire,
});

export const keyOf = ({ connectivity, schedule }: Combination): string => `${connectivity}-${schedule}`;
