import { MOST_RANKS } from '../../trace/read_trace';
import { Spans, strangerIn } from '../../trace/span_columns';
import type { Frozen } from '../../words/frozen';
import { phrase } from '../../words/phrase';
import { z } from '../../words/zod';
import { refuseStranger } from '../experiments/measurement/result';
import type { RunKind } from '../experiments/run_kind';
import { plainTrack } from '../experiments/track';

export const TraceRun = z
  .object({ ranks: z.number().int().min(0).max(MOST_RANKS), spans: Spans })
  .superRefine(({ ranks, spans }, { addIssue }) => refuseStranger(strangerIn(spans, ranks), ranks, addIssue));
export type TraceRun = Frozen<z.output<typeof TraceRun>>;

/** Kernels of traces that were opened: this lab's own, or those of PyTorch's profiler. */
export const traceRun: RunKind<TraceRun> = {
  result: TraceRun,
  manifestOf: () => null,
  nameOf: () => phrase`trace`,
  tracksOf: ({ ranks, spans }) => [plainTrack('trace', ranks, spans)],
};
