import { each } from '../common/write';

/** Invocations add up what they have in so many groups first. */
const GROUPS = 16;

/** By fours where widths and strides are multiples of four, else one by one. */
type Width = 'fours' | 'any';

/** `lanes`: invocations of a workgroup, which takes a row. */
const widthOf = (width: Width) =>
  width === 'fours'
    ? {
        lanes: 128,
        type: 'vec4f',
        size: (of: string) => `(${of} / 4u)`,
        squares: (value: string) => `dot(${value}, ${value})`,
      }
    : { lanes: 32, type: 'f32', size: (of: string) => of, squares: (value: string) => `${value} * ${value}` };

/** Leaves in `scale` 1 / sqrt(mean of squares + eps) of a row whose invocations each have `squares` of it. */
const findScale = (lanes: number): string => `parts[lane] = squares;
workgroupBarrier();
if (lane < ${GROUPS}u) {
var sum = 0.0;
${each(lanes / GROUPS, (i) => `sum += parts[lane * ${lanes / GROUPS}u + ${i}u];\n`)}ofGroup[lane] = sum;
}
workgroupBarrier();
var total = 0.0;
${each(GROUPS, (i) => `total += ofGroup[${i}];\n`)}let scale = inverseSqrt(total / f32(sizes.width) + sizes.eps);
`;

const begin = (lanes: number): string => `var<workgroup> parts: array<f32, ${lanes}>;
var<workgroup> ofGroup: array<f32, ${GROUPS}>;

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let row = group.x + group.y * 65535u;
if (row >= sizes.rows) { return; }
`;

/**
 * RMSNorm (Zhang and Sennrich, 2019): out[r, :] = weight * x[r, :] / sqrt(mean(x[r, :]^2) + eps), where x [rows,
 * stride] is read up to `width`.
 */
export function rmsnorm(by: Width): string {
  const { lanes, type, size, squares } = widthOf(by);
  return `struct Sizes { rows: u32, width: u32, stride: u32, eps: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${type}>;
@group(0) @binding(2) var<storage, read> weight: array<${type}>;
@group(0) @binding(3) var<storage, read_write> out: array<${type}>;

${begin(lanes)}let width = ${size('sizes.width')};
let source = row * ${size('sizes.stride')};
var squares = 0.0;
for (var column = lane; column < width; column += ${lanes}u) {
let value = x[source + column];
squares += ${squares('value')};
}
${findScale(lanes)}for (var column = lane; column < width; column += ${lanes}u) {
out[row * width + column] = weight[column] * (x[source + column] * scale);
}
}
`;
}

/**
 * RMSNorm of a sum, of which both are kept: sum = a + b, and + c where there are three `terms`; out = rmsnorm(sum), all
 * [rows, width].
 */
export function addRmsnorm(by: Width): string {
  const { lanes, type, size, squares } = widthOf(by);
  return `struct Sizes { rows: u32, width: u32, terms: u32, eps: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<${type}>;
@group(0) @binding(2) var<storage, read> b: array<${type}>;
@group(0) @binding(3) var<storage, read> c: array<${type}>;
@group(0) @binding(4) var<storage, read> weight: array<${type}>;
@group(0) @binding(5) var<storage, read_write> sum: array<${type}>;
@group(0) @binding(6) var<storage, read_write> out: array<${type}>;

${begin(lanes)}let width = ${size('sizes.width')};
let first = row * width;
var squares = 0.0;
for (var column = lane; column < width; column += ${lanes}u) {
var value = a[first + column] + b[first + column];
if (sizes.terms == 3u) { value += c[first + column]; }
sum[first + column] = value;
squares += ${squares('value')};
}
${findScale(lanes)}// An invocation reads again what it wrote itself.
for (var column = lane; column < width; column += ${lanes}u) {
out[first + column] = weight[column] * (sum[first + column] * scale);
}
}
`;
}
