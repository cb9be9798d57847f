import { expect, test } from 'vitest';
import type { Gpu } from '../../src/gpu/device';
import { createEngine } from '../../src/gpu/engine';
import { balancedPairs, keysOfTokens, skewedPairs } from '../../src/gpu/scratch';
import { untuned } from '../../src/gpu/tuning';
import { shapeClassOf, type Tuned } from '../../src/gpu/variants/shape_class';
import { NO_STORE, recallTuned, type TunedStore, tuneCalls } from '../../src/lab/setup/tuning';
import { openLab } from '../support';

const norm = (rows: number, eps = 1e-6) =>
  ({ kernel: 'rmsnorm', sizes: { rows, width: 64, stride: 64, eps } }) as const;
const scale = { kernel: 'scale_rows', sizes: { rows: 9, width: 12 } } as const;

/** What is written is there to be read; how often it was written. */
function store(): TunedStore & { readonly kept: Map<string, Tuned> } {
  const kept = new Map<string, Tuned>();
  return {
    kept,
    read: async (name) => kept.get(name) ?? null,
    write: async (name, tuned) => void kept.set(name, tuned),
  };
}

test('shapes of a class are run by the same variant, sizes between powers of two are of the lower', () => {
  const classOf = (rows: number, eps?: number) => shapeClassOf('rmsnorm', norm(rows, eps).sizes);
  expect(classOf(32)).toBe('rmsnorm rows 32 width 64 stride 64');
  expect(classOf(63)).toBe(classOf(32));
  expect(classOf(64)).not.toBe(classOf(32));
  // What is no count does not matter.
  expect(classOf(4, 1e-5)).toBe(classOf(4, 1e-6));
});

test('what kernels are tried on makes sense: balanced pairs, tokens that see as many keys as asked', () => {
  const [rows, offsets] = balancedPairs(10, 4);
  expect([...rows!]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...offsets!]).toEqual([0, 3, 5, 8, 10]);
  expect([...skewedPairs(11, 3)[1]!]).toEqual([0, 6, 9, 11]);
  const seen = ([first, own]: Uint32Array[]) => [...own!].map((last, row) => last - first![row]! + 1);
  // A sequence of five; then three tokens of sequences of their own, over seven keys each.
  expect(seen(keysOfTokens(5, 15, 5))).toEqual([1, 2, 3, 4, 5]);
  expect(seen(keysOfTokens(3, 21, 21))).toEqual([7, 7, 7]);
  // The last two of five tokens, whose keys are in a cache.
  expect(seen(keysOfTokens(2, 9, 5))).toEqual([4, 5]);
});

test('variants are tried once a class of shapes, the best is kept, told to all devices, and found again', async () => {
  const lab = await openLab();
  // As if it were a graphics processor: on this one only plain code runs.
  const [engine, other] = [0, 1].map(() => createEngine({ ...lab.engine.gpu, isProcessor: false })) as [
    typeof lab.engine,
    typeof lab.engine,
  ];
  const gathered = { kernel: 'unpermute', sizes: { rows: 3, ranks: 2, width: 4, packed: 0 } } as const;
  const calls = [norm(5), norm(6), scale, gathered, { kernel: 'embedding', sizes: { rows: 3, width: 4 } } as const];
  const classes = [norm(5), scale].map(({ kernel, sizes }) => shapeClassOf(kernel, sizes));
  const kept = store();
  const told: number[] = [];
  const tried = await tuneCalls({ ...lab, engine, tunedStore: kept }, [engine, other], calls, (done) =>
    told.push(done),
  );
  expect(tried).toBe(2);
  expect(told).toEqual([0, 1]);
  expect(Object.keys(engine.launcher.tuned()).sort()).toEqual([...classes].sort());
  expect(other.launcher.tuned()).toEqual(engine.launcher.tuned());
  for (const { kernel, sizes } of [norm(7), scale]) {
    const { name } = engine.launcher.variantFor(kernel, sizes);
    expect(name).toBe(engine.launcher.tuned()[shapeClassOf(kernel, sizes)]);
  }
  expect(untuned(engine, calls)).toEqual([]);
  // Another session takes up what this one found, and tries nothing again.
  const later = createEngine({ ...lab.engine.gpu, isProcessor: false });
  await recallTuned(later, kept);
  expect(later.launcher.tuned()).toEqual(engine.launcher.tuned());
  expect(await tuneCalls({ ...lab, engine: later, tunedStore: kept }, [], calls, () => {})).toBe(0);
});

test('what was tuned decides, where it fits; names of other builds are passed over', async () => {
  const lab = await openLab();
  const engine = createEngine({ ...lab.engine.gpu, isProcessor: false });
  const usual = engine.launcher.variantFor('rmsnorm', norm(5).sizes).name;
  const name = shapeClassOf('rmsnorm', norm(5).sizes);
  engine.launcher.tune({ [name]: 'rmsnorm/any' });
  expect(engine.launcher.variantFor('rmsnorm', norm(5).sizes).name).toBe('rmsnorm/any');
  engine.launcher.tune({ [name]: 'rmsnorm/that is no more' });
  expect(engine.launcher.variantFor('rmsnorm', norm(5).sizes).name).toBe(usual);
});

test('a stop ends trying, and what was found until then counts', async () => {
  const lab = await openLab();
  const engine = createEngine({ ...lab.engine.gpu, isProcessor: false });
  const stop = new AbortController();
  const calls = [norm(5), scale];
  const trying = tuneCalls({ ...lab, engine, tunedStore: NO_STORE }, [], calls, () => stop.abort(), stop.signal);
  await expect(trying).rejects.toThrow();
  expect(Object.keys(engine.launcher.tuned())).toHaveLength(1);
});

/** The lab's GPU, whose compiler refuses some variants. */
function refusing(gpu: Gpu, refuses: (name: string) => boolean): Gpu {
  const compile = (asked: GPUComputePipelineDescriptor) =>
    refuses(asked.label!) ? Promise.reject(new Error('refused')) : gpu.device.createComputePipelineAsync(asked);
  const device = new Proxy(gpu.device, {
    get(target, name) {
      if (name === 'createComputePipelineAsync') return compile;
      const found = Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
  return { ...gpu, device, isProcessor: false };
}

test('a variant that the compiler refuses is left out; plain code has to compile', async () => {
  const { engine } = await openLab();
  const some = createEngine(refusing(engine.gpu, (name) => name.endsWith('fours')));
  await some.launcher.prepare([norm(5)]);
  expect(some.launcher.variantFor('rmsnorm', norm(5).sizes).name).toBe('rmsnorm/any');
  const all = createEngine(refusing(engine.gpu, (name) => name.startsWith('rmsnorm')));
  await expect(all.launcher.prepare([norm(5)])).rejects.toThrow('refused');
});
