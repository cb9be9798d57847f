import { each, silu } from './write';

/**
 * A product of few rows, which takes as long as its weights take to be read: neighbouring invocations read a column's
 * weights together, each some depths, and add up what they have in workgroup memory.
 */
export type FewRows = {
  /** Rows that a workgroup computes. */
  readonly rows: number;
  /** Invocations that share a column, columns that they do at once, and invocations of a workgroup. */
  readonly lanes: number;
  readonly colsEach: number;
  readonly invocations: number;
  /** Steps written one after the other, so that more is on its way. */
  readonly unrolled: number;
};

export const colsOf = ({ lanes, colsEach, invocations }: FewRows): number => (invocations / lanes) * colsEach;

/** Declares what a product of few rows needs at module scope. */
export const declareParts = ({ colsEach, invocations }: FewRows): string =>
  `var<workgroup> parts: array<f32, ${colsEach * invocations}>;\n`;

/** What becomes of a row's sums: they are written, or SwiGLU of gates and ups, the halves of what a lane does. */
type Output = 'sums' | 'gated';

/** Outputs of a workgroup in a row. */
export const outputsOf = (shape: FewRows, output: Output): number => colsOf(shape) / (output === 'gated' ? 2 : 1);

/**
 * Computes x · weightᵀ over `inner4` fours of depths for rows and outputs from `col0` on. Where a row of x and an
 * output's weights begin, in vec4f, say `rowAt` and `weightAt` (of gates 0, of ups 1), also beyond the last; `store`
 * writes a value, `readX` reads four of x where they do not lie as vec4f.
 */
export function multiplyFewRows(
  shape: FewRows,
  output: Output,
  rowAt: (row: number) => string,
  weightAt: (col: string, half: 0 | 1) => string,
  store: (row: number, col: string, value: string) => string,
  readX: (place: string) => string = (place) => `x[${place}]`,
): string {
  const { rows, lanes, colsEach, unrolled } = shape;
  const own = output === 'gated' ? colsEach / 2 : colsEach;
  const step = (k: string) => `{
${each(colsEach, (c) => `let weight${c} = weight[weights${c} + ${k}];\n`)}${each(
  rows,
  (r) =>
    `{\nlet value = ${readX(`values${r} + ${k}`)};\n${each(colsEach, (c) => `sum${r}_${c} += dot(value, weight${c});\n`)}}\n`,
)}}
`;
  return `let own = lane % ${lanes}u;
let first = col0 + lane / ${lanes}u * ${own}u;
${each(colsEach, (c) => `let weights${c} = ${weightAt(`first + ${c % own}u`, c < own ? 0 : 1)};\n`)}${each(
  rows,
  (r) => `let values${r} = ${rowAt(r)};\n${each(colsEach, (c) => `var sum${r}_${c} = 0.0;\n`)}`,
)}var k = own;
for (; k + ${lanes * (unrolled - 1)}u < inner4; k += ${lanes * unrolled}u) {
${each(unrolled, (u) => step(`k + ${u * lanes}u`))}}
for (; k < inner4; k += ${lanes}u) ${step('k')}${each(rows, (r) => addParts(shape, output, r, store))}`;
}

function addParts(
  shape: FewRows,
  output: Output,
  row: number,
  store: (row: number, col: string, value: string) => string,
): string {
  const { lanes, colsEach } = shape;
  const own = output === 'gated' ? colsEach / 2 : colsEach;
  const part = (half: number) =>
    `parts[(lane / ${own}u * ${lanes}u + i) * ${colsEach}u + lane % ${own}u + ${half * own}u]`;
  const tell = each(colsEach, (c) => `parts[lane * ${colsEach}u + ${c}u] = sum${row}_${c};\n`);
  return `${row > 0 ? 'workgroupBarrier();\n' : ''}${tell}workgroupBarrier();
if (lane < ${outputsOf(shape, output)}u) {
var total = 0.0;
${output === 'gated' ? 'var up = 0.0;\n' : ''}for (var i = 0u; i < ${lanes}u; i++) {
total += ${part(0)};
${output === 'gated' ? `up += ${part(1)};\n` : ''}}
${store(row, 'col0 + lane', output === 'gated' ? silu('total', 'up') : 'total')}}
`;
}
