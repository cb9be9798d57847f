import { describe, expect, test } from 'vitest';
import { sourceOf, VARIANTS, variantOf } from '../../src/gpu/variants';
import { contractOf, KERNEL_NAMES, type KernelName, toldSizes, uniformOf } from '../../src/program/kernels';

const all = KERNEL_NAMES.flatMap((kernel) =>
  VARIANTS[kernel].map(
    (variant) => ({ kernel, ...variant }) as { kernel: KernelName } & (typeof VARIANTS)['add'][number],
  ),
);

/** Sizes with which every operand has its own count. */
const sizesFor = (kernel: KernelName) =>
  Object.fromEntries(Object.keys(contractOf(kernel).sizes).map((name, i) => [name, 2 + i]));

describe.each(all)('kernels/$file.wgsl fulfils the contract of $kernel', ({ kernel, file, requires }) => {
  const source = sourceOf({ file });
  test('it is told what the contract says, of the types that it says', () => {
    const [, fields] = /struct Sizes \{([^}]*)\}/.exec(source)!;
    const told = toldSizes(kernel).map((name) => `${name}: ${contractOf(kernel).sizes[name]}`);
    expect(fields!.split(',').map((field) => field.trim())).toEqual(told);
  });
  test('it binds as many values, those that it writes last', () => {
    const access = [...source.matchAll(/@binding\(\d+\) var<storage, (\w+)>/g)].map(([, kind]) => kind);
    const { inputs, outputs } = contractOf(kernel);
    const sizes = sizesFor(kernel);
    expect(access).toEqual([...inputs(sizes).map(() => 'read'), ...outputs(sizes).map(() => 'read_write')]);
  });
  test('it needs no more of a device than its line says', () => {
    const [, workgroup] = /@workgroup_size\(([^)]*)\)/.exec(source)!;
    expect(workgroup!.split(',').reduce((product, n) => product * Number(n), 1)).toBeLessThanOrEqual(
      requires.invocations,
    );
    const bytes: Record<string, number> = { f32: 4, u32: 4, 'atomic<u32>': 4, vec3u: 16, vec4f: 16 };
    const memory = [...source.matchAll(/var<workgroup> \w+: (?:array<([\w<>]+), (\d+)>|([\w<>]+));/g)].map(
      ([, of, count, plain]) => bytes[of ?? plain!]! * Number(count ?? 1),
    );
    expect(memory).toHaveLength(source.split('var<workgroup>').length - 1);
    expect(memory.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(requires.workgroupBytes);
  });
});

test('a size is a number of the type that the contract gives it, whatever its name', () => {
  const view = new DataView(uniformOf('rmsnorm', { rows: 3, width: 5, stride: 7, eps: 1e-6 }));
  expect([view.getUint32(0, true), view.getUint32(8, true), view.getFloat32(12, true)]).toEqual([
    3,
    7,
    Math.fround(1e-6),
  ]);
  // What the host alone counts with is not told.
  const sizes = {
    rows: 1,
    heads: 2,
    kvHeads: 3,
    keyDim: 4,
    valueDim: 5,
    valueStride: 6,
    scale: 0.5,
    keys: 99,
    keyRows: 98,
  };
  expect(uniformOf('attention', sizes).byteLength).toBe(28);
});

test('a shared part that a line asks for is there once', () => {
  expect(sourceOf({ file: 'permute' }).split('fn packBf16').length).toBe(2);
});

test('a device that lacks what a variant requires is not given it', () => {
  const limits = {
    maxComputeInvocationsPerWorkgroup: 128,
    maxComputeWorkgroupStorageSize: 16384,
  } as GPUSupportedLimits;
  expect(() => variantOf('gemm', { features: new Set(), limits })).toThrow(/no variant of kernel gemm/);
});
