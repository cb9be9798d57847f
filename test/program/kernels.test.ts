import { expect, test } from 'vitest';
import { bytesMoved, contractOf, flopsOf, sizesOf } from '../../src/program/kernels';
import { bytesOf, type Compute, isCollective } from '../../src/program/program';
import { EP, programOf, SMALL } from './programs';

test('what kernels move and compute follows from the contracts, and what they write is all that is bound', () => {
  const program = programOf(SMALL, 'farskip', EP, { logits: 'all' });
  const symbols = new Map([
    ['tokens', 12],
    ['sequences', 2],
    ['rank', 1],
    ['positions', 64],
    ['keys', 42],
    ['keys in chunk', 42],
    ['key rows', 12],
    ...[...program.exchanges.keys()].flatMap((name) => [
      [`${name} sent`, 17] as const,
      [`${name} received`, 15] as const,
      [`${name} pairs`, 24] as const,
    ]),
  ]);
  let attention = 0;
  for (const op of program.operations) {
    if (isCollective(op)) continue;
    const sizes = sizesOf(op, symbols);
    const { read, written } = bytesMoved(op.kernel, sizes);
    const bound = (names: readonly string[]) =>
      names.reduce((sum, name) => sum + bytesOf(program.values.get(name)!, symbols), 0);
    const exact = contractOf(op.kernel)
      .outputs(sizes)
      .every(({ rowsOf }) => rowsOf === null);
    if (exact && op.kernel !== 'permute') expect([op.name, written]).toEqual([op.name, bound(op.outputs)]);
    expect(read).toBeGreaterThan(0);
    expect(contractOf(op.kernel).hasWork(sizes)).toBe(true);
    if (op.kernel === 'attention') attention = flopsOf(op, sizes)!;
  }
  const [{ attention: a }] = SMALL.layers as [(typeof SMALL.layers)[number]];
  if (a.kind !== 'mla') throw new Error('the fixture has other attention');
  expect(attention).toBe(2 * 42 * a.heads * (a.nope + a.rotated + a.valueDim));
  const [gemm] = program.operations.filter((op) => op.kind === 'compute' && op.kernel === 'gemm') as [Compute];
  // A product and a sum for each of 3 × 7 values and 5 terms; unknown where only the GPU knows the rows.
  expect(flopsOf(gemm, { rows: 3, inner: 5, cols: 7 })).toBe(2 * 3 * 5 * 7);
  expect(flopsOf({ ...gemm, atMost: true }, { rows: 3, inner: 5, cols: 7 })).toBeNull();
  expect(bytesMoved('gemm', { rows: 3, inner: 5, cols: 7 })).toEqual({ read: 4 * (15 + 35), written: 4 * 21 });
  expect(bytesMoved('pack_bf16', { rows: 3, width: 5 })).toEqual({ read: 60, written: 36 });
});
