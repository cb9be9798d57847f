import { describe, expect, test } from 'vitest';
import { readKernel } from '../../src/gpu/kernel_files';
import { shapeClassOf } from '../../src/gpu/variants/shape_class';
import { candidatesOf, triedOf, variantFor, variantsOf } from '../../src/gpu/variants/variants';
import { contractOf, KERNEL_NAMES, type KernelName, toldSizes, uniformOf } from '../../src/program/kernels';

const all = KERNEL_NAMES.flatMap((kernel) => variantsOf(kernel).map((variant) => ({ kernel, ...variant })));

/** Sizes with which every operand has its own count. */
const sizesFor = (kernel: KernelName) =>
  Object.fromEntries(Object.keys(contractOf(kernel).sizes).map((name, i) => [name, 2 + i]));

/** A number of a shader: written as it is, or the name of a constant. */
const numberIn = (code: string, text: string): number =>
  Number(/^\d+$/.test(text) ? text : new RegExp(`const ${text} = (\\d+)u?;`).exec(code)![1]);

describe.each(all)('$name fulfils the contract of $kernel', ({ kernel, source, requires }) => {
  const code = source();
  test('it is told what the contract says, of the types that it says', () => {
    const [, fields] = /struct Sizes \{([^}]*)\}/.exec(code)!;
    const told = toldSizes(kernel).map((name) => `${name}: ${contractOf(kernel).sizes[name]}`);
    expect(fields!.split(',').map((field) => field.trim())).toEqual(told);
  });
  test('it binds as many values, those that it writes last', () => {
    const access = [...code.matchAll(/@binding\(\d+\) var<storage, (\w+)>/g)].map(([, kind]) => kind);
    const { inputs, outputs } = contractOf(kernel);
    const sizes = sizesFor(kernel);
    expect(access).toEqual([...inputs(sizes).map(() => 'read'), ...outputs(sizes).map(() => 'read_write')]);
  });
  test('it needs no more of a device than its line says', () => {
    const [, workgroup] = /@workgroup_size\(([^)]*)\)/.exec(code)!;
    expect(workgroup!.split(',').reduce((product, n) => product * Number(n), 1)).toBeLessThanOrEqual(
      requires.invocations,
    );
    const bytes: Record<string, number> = {
      f32: 4,
      u32: 4,
      'atomic<u32>': 4,
      vec2u: 8,
      vec2f: 8,
      vec3u: 16,
      vec4f: 16,
    };
    const memory = [...code.matchAll(/var<workgroup> \w+: (?:array<([\w<>]+), (\w+)>|([\w<>]+));/g)].map(
      ([, of, count, plain]) => 16 * Math.ceil((bytes[of ?? plain!]! * numberIn(code, count ?? '1')) / 16),
    );
    expect(memory).toHaveLength(code.split('var<workgroup>').length - 1);
    expect(memory.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(requires.workgroupBytes);
  });
});

test('variants have names of their own', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
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
  expect(readKernel('permute/any').split('fn packBf16').length).toBe(2);
});

const device = (invocations: number, kib: number, isProcessor = false) => ({
  limits: {
    maxComputeInvocationsPerWorkgroup: invocations,
    maxComputeWorkgroupStorageSize: 1024 * kib,
  } as GPUSupportedLimits,
  isProcessor,
});

test('a device that lacks what a variant requires is not given it', () => {
  const sizes = { rows: 512, inner: 2048, cols: 2048 };
  expect(() => variantFor('gemm', sizes, device(32, 16))).toThrow(/no variant of kernel gemm/);
  expect(variantFor('gemm', sizes, device(256, 32)).name).toBe('gemm/tile 64x128x16 8x8');
  expect(variantFor('gemm', sizes, device(256, 16)).name).toBe('gemm/tile 64x128x8 8x8');
});

test('a variant is chosen by what a run has, of those that fit what all runs have', () => {
  const choose = (rows: number, inner: number, cols: number) =>
    variantFor('gemm', { rows, inner, cols }, device(256, 48)).name;
  expect(choose(1, 2048, 2048)).toMatch('few_rows 1');
  expect(choose(9, 2048, 2048)).toMatch('few_rows 4');
  expect(choose(512, 2048, 64)).toMatch('few_rows 4');
  expect(choose(4096, 2048, 4096)).toMatch('tile 128x128');
  expect(choose(4096, 2047, 4096)).toBe('gemm/any');
  expect(candidatesOf('gemm', { inner: 2048, cols: 4096 }, device(256, 48)).map(({ name }) => name)).toContain(
    choose(4096, 2048, 4096),
  );
  // A processor has no use for tiles.
  expect(variantFor('gemm', { rows: 4096, inner: 2048, cols: 4096 }, device(256, 48, true)).name).toBe('gemm/any');
});

test('tokens that share keys are attended to by tiles, others one by one', () => {
  const shape = { heads: 4, kvHeads: 4, keyDim: 64, valueDim: 64, valueStride: 256, scale: 1 };
  const choose = (rows: number, keys: number, keyRows: number) =>
    variantFor('attention', { ...shape, rows, keys, keyRows }, device(256, 48)).name;
  expect(choose(512, (512 * 513) / 2, 512)).toMatch('attention/tile 32x128');
  expect(choose(64, 64 * 500, 64 * 500)).toBe('attention/few_tokens');
});

test('a variant that would take more workgroups than a dispatch has is passed over, also where it was tuned', () => {
  const sizes = { pairs: 98304, inner: 512, cols: 512, groups: 16, stride: 512, gather: 0 };
  const few = variantsOf('grouped_gemm').find(({ name }) => name.includes('few_rows 1'))!;
  expect(few.workgroups(sizes)[1]).toBeGreaterThan(65535);
  const tuned = { [shapeClassOf('grouped_gemm', sizes)]: few.name };
  expect(variantFor('grouped_gemm', sizes, device(256, 48), tuned).name).toMatch('tile 64x256');
  expect(triedOf('grouped_gemm', sizes, device(256, 48)).map(({ name }) => name)).not.toContain(few.name);
});
