import type { Frozen } from '../../words/frozen';
import { z } from '../../words/zod';
import type { Lab } from './lab';
import { SelfTest } from './self_test_result';

const text = z.string().max(10_000);

/** Where and when a result was made: goes with every result that leaves the lab. */
export const Manifest = z.object({
  commit: text,
  date: z.iso.datetime(),
  runtime: text,
  adapter: text,
  timestamps: z.boolean(),
  selfTest: SelfTest,
  seed: z.number(),
});
export type Manifest = Frozen<z.output<typeof Manifest>>;

export const manifestOf = ({ engine, runtime, selfTest }: Lab, seed: number): Manifest => ({
  commit: __COMMIT__,
  date: new Date().toISOString(),
  runtime,
  adapter: engine.gpu.description,
  timestamps: engine.gpu.timestamps,
  selfTest,
  seed,
});
