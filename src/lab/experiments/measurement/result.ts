import { TABLE } from '../../../connectivity/connectivity';
import { PHASES } from '../../../program/program';
import { REASONS } from '../../../trace/exposure';
import { CATEGORIES } from '../../../trace/gaps';
import { Spans, strangerIn } from '../../../trace/span_columns';
import type { Frozen } from '../../../words/frozen';
import { phrase } from '../../../words/phrase';
import { because, z } from '../../../words/zod';
import { Manifest } from '../../setup/manifest';
import { Estimate } from '../../statistics/estimate';
import { Ended } from '../ended';
import { Combination } from '../experiment';
import { inFiles } from '../run_settings';
import { DEFAULT_MEASUREMENT, MeasureSettings } from './settings';

const number = z.number();
const count = z.number().int().min(0);
const text = z.string().max(1_000_000);

/** What hid a collective and what exposed it, mean over ranks, ms (trace/exposure.ts). */
const Exposure = z.object({
  op: count,
  name: text,
  layer: count.nullable(),
  ms: number,
  hiddenMs: number,
  exposed: z.object({ awaited: number, noWork: number, host: number, gaps: number }),
  awaitedBy: text.nullable(),
  reason: z.enum(REASONS).nullable(),
});

/** What communication costs a run (paid.ts), ms, and as a share of the wire's time; wire and host are its parts. */
const Paid = z.object({
  ms: Estimate,
  wireMs: Estimate.nullable(),
  hostMs: Estimate.nullable(),
  share: Estimate.nullable(),
});
export type Paid = Frozen<z.output<typeof Paid>>;

export const Categories = z.record(z.enum(CATEGORIES), number);

/** One connectivity under one schedule, measured; times in ms, medians over the repeats with an interval. */
export const CombinationResult = Combination.extend({
  wallMs: Estimate,
  computeMs: Estimate,
  commMs: Estimate,
  /** Share of communication under compute, mean over ranks; null when nothing was communicated. */
  hidden: Estimate.nullable(),
  /** The same share of the time with messages on the wire alone, where devices wait for one another. */
  hiddenOnWire: Estimate.nullable().optional(),
  /** Kernels were timed apart, since timestamps are coarse; the interval of `hidden` holds their errors. */
  calibrated: z.boolean().optional(),
  /** Time in which a device could have computed but for the host, mean over ranks. */
  hostMs: Estimate,
  /** Of the run shown. */
  exposures: z.array(Exposure),
  /**
   * What no schedule of the same kernels, over the wire's own formula, beats; an estimate where no pace is emulated.
   */
  boundMs: Estimate,
  hiddenBound: Estimate.nullable(),
  /** Of the collectives of each part of a training step. */
  phases: z
    .array(z.object({ phase: z.enum(PHASES), commMs: Estimate, hidden: Estimate, hiddenBound: Estimate.nullable() }))
    .optional(),
  /**
   * Bytes of a training pass on all devices together: of weights; of all else, as predicted before it ran; and as held
   * in the end by all runs of the connectivity.
   */
  memory: z.object({ weights: count, predicted: count, held: count }).optional(),
  /** Runs that did better than their bounds allow: a fault of the measurement. */
  boundBroken: count.optional(),
  paid: Paid.nullable().optional(),
  /** What each device's time went to, mean over devices and runs; adds up to the mean wall time. */
  categories: Categories.optional(),
  /** What real devices would lose by unequal work, and devices in turns do not. */
  imbalanceMs: Estimate.nullable().optional(),
  /** Communication ÷ computation as it was delivered. */
  ratioReached: Estimate.nullable().optional(),
  /** Wall time of the first combination ÷ this one's, pair by pair. */
  speedup: Estimate,
  logitsSha256: text,
  /** null without timestamps: nothing is said by the GPU's clock. */
  clockErrorMs: number.nullable(),
  /** The step of timestamps that a browser rounds; else 0. */
  resolutionMs: number,
  table: TABLE,
  /** Spans of a repeat whose wall time is the median, or near it. */
  spans: Spans,
  /** Where the router sent the tokens: (token, expert) pairs of each expert. None where tokens stay (tp). */
  routing: z.array(z.object({ layer: count, load: z.array(count) })),
  /** Greedy tokens after the prompt of rank 0, and their text. */
  continuation: z.object({ ids: z.array(count), text }).nullable(),
});
export type CombinationResult = Frozen<z.output<typeof CombinationResult>>;

export const Measurement = z
  .object({
    manifest: Manifest,
    settings: inFiles(MeasureSettings, DEFAULT_MEASUREMENT),
    /** Methods that the weights were made for; none for an untrained model. */
    madeFor: z.array(text),
    /**
     * The wire as emulated, `dilation` times slower than the nominal gbps and µs; null: none, messages take what they
     * take.
     */
    link: z.object({ gbps: number, us: number, dilation: number }).nullable(),
    /**
     * What the wire takes all collectives of the regular model by its formula, one after the other, and what its
     * kernels take; null where no pace is emulated.
     */
    asked: z.object({ wireMs: number, computeMs: number }).nullable().optional(),
    /** How all-reduces were done; null where there are none. */
    allReduce: z.enum(['direct', 'ring']).nullable(),
    /** Counted runs of each combination. */
    repeats: count,
    /** Where it was interrupted: it may have fewer repeats than were asked for, and no continuations. */
    ended: Ended.optional(),
    promptTokens: count,
    results: z.array(CombinationResult).min(1),
  })
  .superRefine(({ settings: { ranks }, results }, { addIssue }) => {
    for (const { spans } of results) refuseStranger(strangerIn(spans, ranks), ranks, addIssue);
  });
export type Measurement = Frozen<z.output<typeof Measurement>>;

/** Tells an issue for spans of a device that there is not. */
export function refuseStranger(
  stranger: number | null,
  ranks: number,
  addIssue: (issue: { code: 'custom'; message: string }) => void,
): void {
  if (stranger === null) return;
  addIssue({ code: 'custom', message: because(phrase`it has a span of device ${stranger}, but ${ranks} devices`) });
}
