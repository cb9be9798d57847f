import { bytesMoved, contractOf, type KernelName, type NamedSizes } from '../program/kernels';
import { GpuUnavailable, refusingErrors } from './device';
import type { Engine } from './engine';
import { balancedPairs, keysOfTokens, scratchFor } from './scratch';
import { timed } from './timed';
import { shapeClassOf, type Tuned } from './variants/shape_class';
import type { AnyVariant } from './variants/variant';

type Call = { readonly kernel: KernelName; readonly sizes: NamedSizes };

/** Of more, no copy is made to try kernels on. */
const MOST_BYTES = 2 ** 29;
/** A candidate has to be so much quicker than what would be chosen without trying: less may be chance. */
const CLEARLY = 0.97;
/** What is chosen by rule is tried first, and brings the GPU to its speed; ms before and in a sample, and samples. */
const FIRST = { warmMs: 100, sampleMs: 8, samples: 3 };
const OTHERS = { warmMs: 2, sampleMs: 8, samples: 3 };

/** Of calls those whose class is not tuned yet and that several variants can run; one a class. */
export function untuned({ launcher }: Engine, calls: readonly Call[]): Call[] {
  const tuned = launcher.tuned();
  const classes = new Map<string, Call>();
  for (const call of calls) {
    const name = shapeClassOf(call.kernel, call.sizes);
    if (name in tuned || launcher.triedFor(call.kernel, call.sizes).length < 2) continue;
    if (!isTried(call.kernel, call.sizes)) continue;
    const { read, written } = bytesMoved(call.kernel, call.sizes);
    if (read + written <= MOST_BYTES) classes.set(name, call);
  }
  return [...classes.values()];
}

/**
 * Tries the variants of a call on drawn values, and answers the one to run its class by: that of the rule where the GPU
 * refused to try, for want of memory or else.
 */
export async function bestVariant(engine: Engine, { kernel, sizes }: Call): Promise<Tuned> {
  const usual = engine.launcher.variantFor(kernel, sizes);
  let times: ReadonlyMap<string, number>;
  try {
    times = await refusingErrors(engine.gpu, () => timesOf(engine, { kernel, sizes }, usual));
  } catch (cause) {
    if (!(cause instanceof GpuUnavailable) || cause.reason !== 'limits') throw cause;
    times = new Map();
  }
  const [best] = [...times].sort((a, b) => a[1] - b[1]);
  const chosen = best && best[1] < CLEARLY * times.get(usual.name)! ? best[0] : usual.name;
  return { [shapeClassOf(kernel, sizes)]: chosen };
}

/** What each variant takes, ms, that which is usual first. */
async function timesOf(engine: Engine, { kernel, sizes }: Call, usual: AnyVariant): Promise<Map<string, number>> {
  const { launcher } = engine;
  const others = launcher.triedFor(kernel, sizes).filter(({ name }) => name !== usual.name);
  await launcher.compile([usual, ...others]);
  const pool = engine.createPool();
  const times = new Map<string, number>();
  try {
    const buffers = await scratchFor(engine, pool, kernel, sizes, integersFor(kernel, sizes));
    for (const variant of [usual, ...others]) {
      const launch = launcher.bind(kernel, sizes, buffers, variant);
      const effort = variant === usual ? FIRST : OTHERS;
      const { gpuMs, wallMs } = await timed(engine, (pass) => launcher.record(pass, launch), effort);
      launcher.release(launch);
      times.set(variant.name, gpuMs ?? wallMs);
    }
  } finally {
    pool.destroy();
  }
  return times;
}

/** Kernels whose integers can be made up. */
const isTried = (kernel: KernelName, sizes: NamedSizes): boolean =>
  kernel === 'attention' ||
  isGrouped(sizes) ||
  contractOf(kernel)
    .inputs(sizes)
    .every(({ type }) => type !== 'u32');

const isGrouped = ({ pairs, groups }: NamedSizes): boolean => pairs !== undefined && groups !== undefined;

function integersFor(kernel: KernelName, sizes: NamedSizes): Uint32Array<ArrayBuffer>[] {
  if (kernel === 'attention') return keysOfTokens(sizes.rows!, sizes.keys!, sizes.keyRows!);
  if (!isGrouped(sizes)) return [];
  const [pairRow, offsets] = balancedPairs(sizes.pairs!, sizes.groups!) as [
    Uint32Array<ArrayBuffer>,
    Uint32Array<ArrayBuffer>,
  ];
  // Its rows are pairs already.
  return kernel === 'grouped_gemm_nn' ? [offsets] : [pairRow, offsets];
}
