import { bytesMoved, contractOf, type KernelName, type NamedSizes } from '../program/kernels';
import type { Engine } from './engine';
import { balancedPairs, keysOfTokens, scratchFor } from './scratch';
import { timed } from './timed';
import { shapeClassOf, type Tuned } from './variants/shape_class';

type Call = { readonly kernel: KernelName; readonly sizes: NamedSizes };

/** Of more, no copy is made to try kernels on. */
const MOST_BYTES = 2 ** 29;
/** A candidate has to be so much quicker than what would be chosen without trying: less may be chance. */
const CLEARLY = 0.97;
/** Short, since the GPU is at its speed already: ms before and in a sample, and samples. */
const EFFORT = { warmMs: 4, sampleMs: 3, samples: 3 };

/** Of calls those whose class is not tuned yet and that several variants can run; one a class. */
export function untuned({ launcher }: Engine, calls: readonly Call[]): Call[] {
  const tuned = launcher.tuned();
  const classes = new Map<string, Call>();
  for (const call of calls) {
    const name = shapeClassOf(call.kernel, call.sizes);
    if (name in tuned || launcher.candidatesFor(call.kernel, call.sizes).length < 2) continue;
    if (!isTried(call.kernel, call.sizes)) continue;
    const { read, written } = bytesMoved(call.kernel, call.sizes);
    if (read + written > MOST_BYTES) continue;
    classes.set(name, call);
  }
  return [...classes.values()];
}

/** Tries the variants of a call on drawn values, and answers the one to run its class by. */
export async function bestVariant(engine: Engine, { kernel, sizes }: Call): Promise<Tuned> {
  const { launcher } = engine;
  const candidates = launcher.candidatesFor(kernel, sizes);
  await launcher.compile(candidates);
  const pool = engine.createPool();
  try {
    const buffers = await scratchFor(engine, pool, kernel, sizes, integersFor(kernel, sizes));
    const times = new Map<string, number>();
    for (const variant of candidates) {
      const launch = launcher.bind(kernel, sizes, buffers, variant);
      const { gpuMs, wallMs } = await timed(engine, (pass) => launcher.record(pass, launch), EFFORT);
      launcher.release(launch);
      times.set(variant.name, gpuMs ?? wallMs);
    }
    const usual = launcher.variantFor(kernel, sizes).name;
    const [best] = [...times].sort((a, b) => a[1] - b[1]);
    const chosen = best![1] < CLEARLY * times.get(usual)! ? best![0] : usual;
    return { [shapeClassOf(kernel, sizes)]: chosen };
  } finally {
    pool.destroy();
  }
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
  return isGrouped(sizes) ? balancedPairs(sizes.pairs!, sizes.groups!) : [];
}
