import { TABLE } from '../../../connectivity/connectivity';
import { Spans, strangerIn } from '../../../trace/span_columns';
import type { Frozen } from '../../../words/frozen';
import { phrase } from '../../../words/phrase';
import { because, z } from '../../../words/zod';
import { Manifest } from '../../setup/manifest';
import { Estimate } from '../../statistics/estimate';
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
  exposed: z.object({ awaited: number, noWork: number, host: number }),
  awaitedBy: text.nullable(),
  reason: z.enum(['wire slower than compute', 'waited for', 'no work left', 'host late']).nullable(),
});

/** One connectivity under one schedule, measured; times in ms, medians over the repeats with an interval. */
export const CombinationResult = Combination.extend({
  wallMs: Estimate,
  computeMs: Estimate,
  commMs: Estimate,
  /** Share of communication under compute, mean over ranks; null when nothing was communicated. */
  hidden: Estimate.nullable(),
  /** Time in which a device could have computed but for the host, mean over ranks. */
  hostMs: Estimate,
  /** Of the run shown. */
  exposures: z.array(Exposure),
  boundMs: number,
  hiddenBound: number.nullable(),
  /** Wall time of the first combination ÷ this one's, pair by pair. */
  speedup: Estimate,
  logitsSha256: text,
  /** null without timestamps: nothing is said by the GPU's clock. */
  clockErrorMs: number.nullable(),
  /** Overlap shorter than this was not claimed: the step of timestamps that a browser rounds. */
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
    /** How all-reduces were done; null where there are none. */
    allReduce: z.enum(['direct', 'ring']).nullable(),
    /** Counted runs of each combination. */
    repeats: count,
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
