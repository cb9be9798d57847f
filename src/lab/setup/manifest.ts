import type { Frozen } from '../../words/frozen';
import { z } from '../../words/zod';
import { Disturbance } from './disturbance';
import type { Lab } from './lab';
import { SelfTest } from './self_test_result';

/**
 * Of what numbers mean; docs/runs.md says what each changed. A change raises it: numbers of different definitions are
 * not compared without a word.
 */
export const DEFINITIONS = 4;

/** Of this build: numbers of different kernels are not compared without a word. */
export const KERNELS = __KERNELS__;

const text = z.string().max(10_000);

/** Where and when a result was made: goes with every result that leaves the lab. */
export const Manifest = z.object({
  definitions: z.number().int().min(1).max(DEFINITIONS),
  commit: text,
  /** The set of kernels that ran: a hash. Older files lack it. */
  kernels: text.optional(),
  /** The variants of kernels that were chosen by trying, by class of shapes. Older files lack it. */
  variants: z.record(text, text).optional(),
  date: z.iso.datetime(),
  runtime: text,
  adapter: text,
  timestamps: z.boolean(),
  selfTest: SelfTest,
  seed: z.number(),
  /** Older files have none: nothing was noticed then. */
  disturbances: z.array(Disturbance).default([]),
});
export type Manifest = Frozen<z.output<typeof Manifest>>;

export const manifestOf = (
  { engine, runtime, selfTest }: Lab,
  seed: number,
  disturbances: readonly Disturbance[],
): Manifest => ({
  definitions: DEFINITIONS,
  commit: __COMMIT__,
  kernels: KERNELS,
  variants: engine.launcher.tuned(),
  date: new Date().toISOString(),
  runtime,
  adapter: engine.gpu.description,
  timestamps: engine.gpu.timestamps,
  selfTest,
  seed,
  disturbances,
});
