import { declareParts, type FewRows, multiplyFewRows, outputsOf } from '../common/few_rows';
import { type Columns, findPlace, fourOf, groupedHead, type Rows, strideOf } from './place';

/** A grouped product of few rows an expert: the weights of experts that have any are read once; as groupedTile. */
export const groupedFewRows = (shape: FewRows): string =>
  productOf(shape, 'sums', 'cols', 'f32', (col) => `(expert * sizes.cols + min(${col}, sizes.cols - 1u)) * inner4`);

/** SwiGLU of one, as groupedGatedTile. */
export const groupedGatedFewRows = (shape: FewRows, rows: Rows): string =>
  productOf(
    shape,
    'gated',
    'width',
    rows,
    (col, half) => `((expert * 2u + ${half}u) * sizes.width + min(${col}, sizes.width - 1u)) * inner4`,
  );

const productOf = (
  shape: FewRows,
  output: 'sums' | 'gated',
  columns: Columns,
  rows: Rows,
  weightAt: (col: string, half: 0 | 1) => string,
): string => `${groupedHead(columns, 'f32', rows)}
${declareParts(shape)}
@compute @workgroup_size(${shape.invocations})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
${findPlace(shape.rows, shape.invocations)}let col0 = group.x * ${outputsOf(shape, output)}u;
let inner4 = sizes.inner / 4u;
${multiplyFewRows(
  shape,
  output,
  (r) => `rowOf(min(pair0 + ${r}u, end - 1u)) * ${strideOf(rows)}`,
  weightAt,
  (r, col, value) => `let col = ${col};
if (pair0 + ${r}u < end && col < sizes.${columns}) { out[(pair0 + ${r}u) * sizes.${columns} + col] = ${value}; }
`,
  (place) => fourOf(rows, place),
)}}
`;
