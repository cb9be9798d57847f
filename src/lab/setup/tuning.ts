import type { Engine } from '../../gpu/engine';
import { bestVariant, untuned } from '../../gpu/tuning';
import type { Tuned } from '../../gpu/variants/shape_class';
import type { KernelName, NamedSizes } from '../../program/kernels';
import type { Lab } from './lab';
import { KERNELS } from './manifest';

/** Where it is kept which variants did best, by a name of adapter and kernels. What is not there is tried again. */
export type TunedStore = {
  readonly read: (name: string) => Promise<Tuned | null>;
  readonly write: (name: string, tuned: Tuned) => Promise<void>;
};

/** Nothing is kept. */
export const NO_STORE: TunedStore = { read: async () => null, write: async () => {} };

const nameOf = ({ gpu }: Engine): string => `${gpu.description} ${KERNELS}`;

/** Takes up what is kept of an engine's GPU. */
export async function recallTuned(engine: Engine, store: TunedStore): Promise<void> {
  engine.launcher.tune((await store.read(nameOf(engine))) ?? {});
}

/**
 * Tries the variants of kernels that ran, of each class of shapes once, and keeps what did best. `others`: engines on
 * the same GPU, which are told. Stops between classes. Answers how many were tried.
 */
export async function tuneCalls(
  { engine, pause, tunedStore: store }: Pick<Lab, 'engine' | 'pause' | 'tunedStore'>,
  others: readonly Engine[],
  calls: readonly { readonly kernel: KernelName; readonly sizes: NamedSizes }[],
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<number> {
  const left = untuned(engine, calls);
  for (const [done, call] of left.entries()) {
    signal?.throwIfAborted();
    onProgress(done, left.length);
    engine.launcher.tune(await pause.during(bestVariant(engine, call)));
    await store.write(nameOf(engine), engine.launcher.tuned());
  }
  for (const other of others) other.launcher.tune(engine.launcher.tuned());
  return left.length;
}
