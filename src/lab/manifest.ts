import type { Lab } from './lab';

/** Where and when a result was made: goes with every result that leaves the lab. */
export type Manifest = {
  readonly commit: string;
  readonly date: string;
  readonly runtime: string;
  readonly adapter: string;
  readonly timestamps: boolean;
  readonly seed: number;
};

export const manifestOf = ({ engine, runtime }: Lab, seed: number): Manifest => ({
  commit: __COMMIT__,
  date: new Date().toISOString(),
  runtime,
  adapter: engine.gpu.description,
  timestamps: engine.gpu.timestamps,
  seed,
});
