import type { Lab } from './lab';
import type { SelfTest } from './self_test';

/** Where and when a result was made: goes with every result that leaves the lab. */
export type Manifest = {
  readonly commit: string;
  readonly date: string;
  readonly runtime: string;
  readonly adapter: string;
  readonly timestamps: boolean;
  readonly selfTest: SelfTest;
  readonly seed: number;
};

export const manifestOf = ({ engine, runtime, selfTest }: Lab, seed: number): Manifest => ({
  commit: __COMMIT__,
  date: new Date().toISOString(),
  runtime,
  adapter: engine.gpu.description,
  timestamps: engine.gpu.timestamps,
  selfTest,
  seed,
});
