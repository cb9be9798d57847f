import { expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan';
import { cutOf, matrixIn, shapeOnRank, type Weight, weightsOf } from '../../src/model/weights';
import { MODELS } from '../program/programs';

const PLANS: readonly Plan[] = [1, 2, 4].flatMap((ranks) => [
  { kind: 'ep', ranks },
  { kind: 'tp', ranks },
]);

/** How many ranks hold each value of a piece: by counting every one. */
function holdersIn(weight: Weight, i: number, plan: Plan): Uint8Array {
  const { rows, cols } = matrixIn(weight.pieces[i]!);
  const holders = new Uint8Array(rows * cols);
  for (let rank = 0; rank < plan.ranks; rank++) {
    const cut = cutOf(weight, i, plan, rank);
    if (!cut) continue;
    expect(cut.row + cut.rows).toBeLessThanOrEqual(rows);
    expect(cut.col + cut.cols).toBeLessThanOrEqual(cols);
    for (let row = cut.row; row < cut.row + cut.rows; row++)
      for (let col = cut.col; col < cut.col + cut.cols; col++) holders[row * cols + col]!++;
  }
  return holders;
}

test('every value of a weight lies on just one rank where it is spread, and on all where it is not', () => {
  for (const { id, spec } of MODELS.filter(({ spec: { hidden } }) => hidden < 128))
    for (const plan of PLANS)
      for (const weight of weightsOf(spec))
        for (const i of weight.pieces.keys()) {
          const spread = weight.experts > 0 || (plan.kind === 'tp' && weight.split !== null);
          // Ranks share a block where there are fewer blocks than ranks.
          const parts = weight.experts > 0 || !weight.split ? plan.ranks : Math.min(plan.ranks, weight.split.blocks);
          const each = spread ? plan.ranks / parts : plan.ranks;
          const found = new Set(holdersIn(weight, i, plan));
          expect([id, weight.name, i, ...found]).toEqual([id, weight.name, i, each]);
        }
});

const weight = (more: Partial<Weight>): Weight => ({
  name: '',
  kind: 'matrix',
  experts: 0,
  split: null,
  pieces: [{ tensor: '', shape: [8, 6], expert: null }],
  ...more,
});

test('ranks hold blocks, columns and experts in their order', () => {
  const cuts = (own: Weight, i: number, plan: Plan) => [0, 1, 2, 3].map((rank) => cutOf(own, i, plan, rank));
  const tp: Plan = { kind: 'tp', ranks: 4 };
  const rows = weight({ split: { axis: 'rows', blocks: 8 } });
  expect(cuts(rows, 0, tp)).toEqual([0, 2, 4, 6].map((row) => ({ row, rows: 2, col: 0, cols: 6 })));
  expect(shapeOnRank(rows, tp)).toEqual({ rows: 2, cols: 6 });
  // Two heads for four ranks: neighbours share one.
  const cols = weight({ split: { axis: 'cols', blocks: 2 } });
  expect(cuts(cols, 0, tp)).toEqual([0, 0, 3, 3].map((col) => ({ row: 0, rows: 8, col, cols: 3 })));
  // Eight experts of two pieces each: expert 3's lie on rank 1.
  const experts = weight({ experts: 8, pieces: new Array(16).fill({ tensor: '', shape: [3, 2], expert: null }) });
  for (const piece of [6, 7])
    expect(cuts(experts, piece, { kind: 'ep', ranks: 4 })).toEqual([
      null,
      { row: 0, rows: 3, col: 0, cols: 2 },
      null,
      null,
    ]);
  expect(shapeOnRank(experts, { kind: 'ep', ranks: 4 })).toEqual({ rows: 12, cols: 2 });
});
