import type { Phrase } from '../../words/phrase';
import type { z } from '../../words/zod';
import type { Manifest } from '../setup/manifest';
import type { Track } from './track';

/**
 * What a session lists and a file stores: the result of an experiment, or a trace. All are in the list `RUN_KINDS`
 * (runs/run_kinds.ts).
 */
export type RunKind<Result> = {
  /** Reads what files have, and writes it. */
  readonly result: z.ZodType<Result>;
  /** Where and when it was measured; null for traces, which do not say. */
  readonly manifestOf: (result: Result) => Manifest | null;
  /** What it is of, in the terms of its settings. */
  readonly nameOf: (result: Result) => Phrase;
  readonly tracksOf: (result: Result) => Track[];
};
