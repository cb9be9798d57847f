/** Experts of a rank, at most. */
export const MOST_GROUPS = 512;

/** Columns of the output: those of the product, or of SwiGLU of one. */
export type Columns = 'cols' | 'width';
/** What rows of x are of. A row's words are then of fours of columns, or of pairs of two. */
export type Rows = 'f32' | 'bf16';

/** Four columns of x. */
export const fourOf = (rows: Rows, place: string): string =>
  rows === 'bf16' ? `unpackFour(x[${place}])` : `x[${place}]`;
/** Fours of columns of x, or what holds them, from a row to the next. */
export const strideOf = (rows: Rows): string => (rows === 'bf16' ? '(sizes.stride / 2u)' : '(sizes.stride / 4u)');

/** Sizes, bindings and the row of x of a pair: what all grouped products begin with. */
export const groupedHead = (
  columns: Columns,
  outType: 'f32' | 'vec4f',
  rows: Rows,
): string => `${rows === 'bf16' ? '// include common/bf16.wgsl' : ''}
struct Sizes {
  pairs: u32, inner: u32, ${columns}: u32, groups: u32, stride: u32, gather: u32${columns === 'width' ? ', packed: u32' : ''}
}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<${rows === 'bf16' ? 'vec2u' : 'vec4f'}>;
@group(0) @binding(2) var<storage, read> pairRow: array<u32>;
@group(0) @binding(3) var<storage, read> offsets: array<u32>;
@group(0) @binding(4) var<storage, read> weight: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out: array<${outType}>;

var<workgroup> tilesOf: array<u32, ${MOST_GROUPS}>;
var<workgroup> found: vec3u;

fn rowOf(pair: u32) -> u32 {
if (sizes.gather == 1u) { return pairRow[pair]; }
return pair;
}
`;

/**
 * Names the `expert` of a workgroup, its first pair `pair0` and the `end` of the expert's pairs: workgroup y has the
 * y-th tile of rows, counted over all experts in turn. Those beyond the last return.
 */
export const findPlace = (rows: number, invocations: number): string => `if (lane == 0u) { found = vec3u(); }
for (var e = lane; e < sizes.groups; e += ${invocations}u) {
tilesOf[e] = (offsets[e + 1u] - offsets[e] + ${rows - 1}u) / ${rows}u;
}
workgroupBarrier();
for (var e = lane; e < sizes.groups; e += ${invocations}u) {
var before = 0u;
for (var other = 0u; other < e; other++) { before += tilesOf[other]; }
if (group.y >= before && group.y < before + tilesOf[e]) {
found = vec3u(e, offsets[e] + (group.y - before) * ${rows}u, offsets[e + 1u]);
}
}
let place = workgroupUniformLoad(&found);
let expert = place.x;
let pair0 = place.y;
let end = place.z;
if (end == 0u) { return; }
`;
