import { declareParts, type FewRows, multiplyFewRows, outputsOf } from '../common/few_rows';

/** x [rows, inner] · weight [cols, inner]ᵀ of few rows; inner is a multiple of four. */
export const gemmFewRows = (shape: FewRows): string =>
  productOf(shape, 'sums', 'cols', (col) => `min(${col}, sizes.cols - 1u) * inner4`);

/** SwiGLU of a product of few rows: weight [2 width, inner], the gates first. */
export const gatedFewRows = (shape: FewRows): string =>
  productOf(
    shape,
    'gated',
    'width',
    (col, half) => `(${half}u * sizes.width + min(${col}, sizes.width - 1u)) * inner4`,
  );

const productOf = (
  shape: FewRows,
  output: 'sums' | 'gated',
  columns: 'cols' | 'width',
  weightAt: (col: string, half: 0 | 1) => string,
): string => `struct Sizes { rows: u32, inner: u32, ${columns}: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

${declareParts(shape)}
@compute @workgroup_size(${shape.invocations})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let row0 = group.y * ${shape.rows}u;
let col0 = group.x * ${outputsOf(shape, output)}u;
let inner4 = sizes.inner / 4u;
${multiplyFewRows(
  shape,
  output,
  (r) => `min(row0 + ${r}u, sizes.rows - 1u) * inner4`,
  weightAt,
  (r, col, value) => `let col = ${col};
if (row0 + ${r}u < sizes.rows && col < sizes.${columns}) { out[(row0 + ${r}u) * sizes.${columns} + col] = ${value}; }
`,
)}}
`;
