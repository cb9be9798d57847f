import {
  declareSums,
  eachOfTile,
  entriesOf,
  invocationsOf,
  multiplyStep,
  multiplyTile,
  namePlace,
  rowInTile,
  type Side,
  type Tile,
} from '../common/tile';
import { COMPONENT, each, range, steps, when } from '../common/write';

/**
 * Attention's gradients by tiles, as in FlashAttention-2 (Dao, 2023): of a tile of lines (rows, or keys) and of what
 * they meet, scores and products are computed in registers, and what they weigh is added up for the lines.
 */
const ACROSS = 16;
const MET = 64;
const LINES = 32;
const LINES_EACH = 4;
/** Of a piece of what is weighed. */
const DEPTH = 8;

const SCORES: Tile = { rows: LINES, cols: MET, depth: 16, rowsEach: LINES_EACH, colsEach: MET / ACROSS, slices: 1 };
const weighedTile = (columns: number): Tile => ({
  rows: LINES,
  cols: columns,
  depth: DEPTH,
  rowsEach: LINES_EACH,
  colsEach: columns / ACROSS,
  slices: 1,
});
const INVOCATIONS = invocationsOf(SCORES);
/** Entries of workgroup memory that weights of a tile take: four lines each. */
const WEIGHTS = (LINES / 4) * MET;
const entriesFor = (columns: number): number => Math.max(entriesOf(SCORES), WEIGHTS + (DEPTH * columns) / 4);

export const attentionGradLines = LINES;
export const attentionGradInvocations = INVOCATIONS;
/** Bytes of workgroup memory of a kernel that adds up so many columns at once. */
export const attentionGradBytes = (columns: number): number => 16 * entriesFor(columns);

const LEAST = '-3.0e38';

/** Fours of a row of heads, by the number of the row's line in a tile that begins at `from`. */
const side = (buffer: string, from: string, heads: string, head: string, width: string): Side => ({
  buffer,
  along: 'depth',
  at: (line, depth) =>
    `(min(${from} + ${line}, sizes.rows - 1u) * sizes.${heads} + ${head}) * (sizes.${width} / 4u) + ${depth}`,
});
const ofRow = (buffer: string, width: string, from: string) => side(buffer, from, 'heads', 'head', width);
const ofKey = (buffer: string, width: string, from: string) => side(buffer, from, 'kvHeads', 'kvHead', width);

const SIZES = 'struct Sizes { rows: u32, heads: u32, kvHeads: u32, keyDim: u32, valueDim: u32, scale: f32 }';
const storage = (names: readonly string[], written: readonly string[]): string =>
  [
    '@group(0) @binding(0) var<uniform> sizes: Sizes;',
    ...[...names, ...written].map((name, i) => {
      const type = name === 'first' ? 'u32' : name === 'sums' ? 'vec2f' : 'vec4f';
      const access = written.includes(name) ? 'read_write' : 'read';
      return `@group(0) @binding(${i + 1}) var<storage, ${access}> ${name}: array<${type}>;`;
    }),
  ].join('\n');

const begin = (entries: number): string => `var<workgroup> memory: array<vec4f, ${entries}>;

@compute @workgroup_size(${INVOCATIONS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
`;

/** attention_sums by tiles; keyDim and valueDim are multiples of four. */
export function attentionSumsTile(): string {
  const told = (name: string) =>
    `workgroupBarrier();
memory[down * ${ACROSS}u + across] = vec4f(${range(LINES_EACH)
      .map((i) => `${name}${i}`)
      .join(', ')});
workgroupBarrier();
`;
  return `${SIZES}
${storage(['q', 'k', 'first', 'out', 'dOut'], ['sums'])}
${begin(entriesOf(SCORES))}${beginRows()}${namePlace(SCORES)}
${each(LINES_EACH, (i) => `var most${i} = ${LEAST};\nvar total${i} = 0.0;\nvar product${i} = 0.0;\n`)}
for (var key0 = first[row0]; key0 <= last; key0 += ${MET}u) {
${declareSums(SCORES, 'score')}${multiplyTile(SCORES, 'score', ofRow('q', 'keyDim', 'row0'), ofKey('k', 'keyDim', 'key0'), 'sizes.keyDim', 'partial')}workgroupBarrier();
let key = vec4u(key0 + across * 4u) + vec4u(0u, 1u, 2u, 3u);
${each(
  LINES_EACH,
  (i) => `{
let row = min(row0 + ${rowInTile(SCORES, i)}, sizes.rows - 1u);
let score = select(vec4f(${LEAST}), score${i}_0 * sizes.scale, (key >= vec4u(first[row])) & (key <= vec4u(row)));
let higher = max(most${i}, max(max(score.x, score.y), max(score.z, score.w)));
total${i} = total${i} * exp(most${i} - higher) + dot(exp(score - higher), vec4f(1.0));
most${i} = higher;
}
`,
)}}
for (var column = across; column < sizes.valueDim / 4u; column += ${ACROSS}u) {
${each(
  LINES_EACH,
  (i) => `{
let at = (min(row0 + ${rowInTile(SCORES, i)}, sizes.rows - 1u) * sizes.heads + head) * (sizes.valueDim / 4u) + column;
product${i} += dot(out[at], dOut[at]);
}
`,
)}}
${told('most')}var highest = vec4f(${LEAST});
for (var n = 0u; n < ${ACROSS}u; n++) { highest = max(highest, memory[down * ${ACROSS}u + n]); }
${each(LINES_EACH, (i) => `total${i} *= exp(most${i} - highest.${COMPONENT[i]});\n`)}${told('total')}var totals = vec4f();
for (var n = 0u; n < ${ACROSS}u; n++) { totals += memory[down * ${ACROSS}u + n]; }
${told('product')}var products = vec4f();
for (var n = 0u; n < ${ACROSS}u; n++) { products += memory[down * ${ACROSS}u + n]; }
if (across > 0u) { return; }
${each(
  LINES_EACH,
  (i) => `{
let row = row0 + ${rowInTile(SCORES, i)};
let sum = vec2f(highest.${COMPONENT[i]} + log(totals.${COMPONENT[i]}), products.${COMPONENT[i]});
if (row < sizes.rows) { sums[row * sizes.heads + head] = sum; }
}
`,
)}}
`;
}

/** Tiles of the last rows see the most keys, and begin first. No row sees keys before those that an earlier one sees. */
const beginRows = (): string => `let row0 = ((sizes.rows + ${LINES - 1}u) / ${LINES}u - 1u - group.x) * ${LINES}u;
let head = group.y;
let kvHead = head / (sizes.heads / sizes.kvHeads);
let last = min(row0 + ${LINES - 1}u, sizes.rows - 1u);
`;

/** attention_query_grad by tiles; keyDim, at most `columns`, and valueDim are multiples of four. */
export function attentionQueryGradTile(columns: number): string {
  return `${SIZES}
${storage(['q', 'k', 'v', 'first', 'dOut', 'sums'], ['dQ'])}
${begin(entriesFor(columns))}${beginRows()}${namePlace(SCORES)}
${each(
  LINES_EACH,
  (i) => `let line${i} = min(row0 + ${rowInTile(SCORES, i)}, sizes.rows - 1u);
let since${i} = vec4u(first[line${i}]);
let sums${i} = sums[line${i} * sizes.heads + head];
`,
)}${declareSums(weighedTile(columns), 'sum')}
for (var key0 = first[row0]; key0 <= last; key0 += ${MET}u) {
${scoresAndProducts(
  [ofRow('q', 'keyDim', 'row0'), ofKey('k', 'keyDim', 'key0')],
  [ofRow('dOut', 'valueDim', 'row0'), ofKey('v', 'valueDim', 'key0')],
)}let key = vec4u(key0 + across * 4u) + vec4u(0u, 1u, 2u, 3u);
${each(
  LINES_EACH,
  (
    i,
  ) => `let p${i} = select(vec4f(), exp(score${i}_0 * sizes.scale - sums${i}.x), (key >= since${i}) & (key <= vec4u(line${i})));
product${i}_0 = sizes.scale * p${i} * (product${i}_0 - sums${i}.y);
`,
)}${addWeighed('product', 'sum', columns, ofKey('k', 'keyDim', 'key0'), 'keyDim', 'key0')}}
${store('sum', columns, 'dQ', 'heads', 'head', 'keyDim', 'row0')}}
`;
}

/** attention_key_grad by tiles; keyDim and valueDim, at most so many columns, are multiples of four. */
export function attentionKeyGradTile(keyColumns: number, valueColumns: number): string {
  return `${SIZES}
${storage(['q', 'k', 'v', 'first', 'dOut', 'sums'], ['dK', 'dV'])}
${begin(entriesFor(Math.max(keyColumns, valueColumns)))}let key0 = group.x * ${LINES}u;
let kvHead = group.y;
let last = min(key0 + ${LINES - 1}u, sizes.rows - 1u);
let share = sizes.heads / sizes.kvHeads;
${namePlace(SCORES)}${declareSums(weighedTile(keyColumns), 'ofKey')}${declareSums(weighedTile(valueColumns), 'ofValue')}
for (var head = kvHead * share; head < (kvHead + 1u) * share; head++) {
for (var row0 = key0; row0 < sizes.rows; row0 += ${MET}u) {
// Rows of later sequences see none of these.
if (first[row0] > last) { break; }
${scoresAndProducts(
  [ofKey('k', 'keyDim', 'key0'), ofRow('q', 'keyDim', 'row0')],
  [ofKey('v', 'valueDim', 'key0'), ofRow('dOut', 'valueDim', 'row0')],
)}let row = vec4u(row0 + across * 4u) + vec4u(0u, 1u, 2u, 3u);
let known = min(row, vec4u(sizes.rows - 1u));
let since = vec4u(first[known.x], first[known.y], first[known.z], first[known.w]);
let inside = row < vec4u(sizes.rows);
let s0 = sums[known.x * sizes.heads + head];
let s1 = sums[known.y * sizes.heads + head];
let s2 = sums[known.z * sizes.heads + head];
let s3 = sums[known.w * sizes.heads + head];
let logarithms = vec4f(s0.x, s1.x, s2.x, s3.x);
let dotted = vec4f(s0.y, s1.y, s2.y, s3.y);
${each(
  LINES_EACH,
  (i) => `{
let key = vec4u(key0 + ${rowInTile(SCORES, i)});
let seen = inside & (key >= since) & (key <= row);
score${i}_0 = select(vec4f(), exp(score${i}_0 * sizes.scale - logarithms), seen);
product${i}_0 = sizes.scale * score${i}_0 * (product${i}_0 - dotted);
}
`,
)}${addWeighed('score', 'ofValue', valueColumns, ofRow('dOut', 'valueDim', 'row0'), 'valueDim', 'row0')}${addWeighed(
  'product',
  'ofKey',
  keyColumns,
  ofRow('q', 'keyDim', 'row0'),
  'keyDim',
  'row0',
)}}
}
${store('ofKey', keyColumns, 'dK', 'kvHeads', 'kvHead', 'keyDim', 'key0')}${store('ofValue', valueColumns, 'dV', 'kvHeads', 'kvHead', 'valueDim', 'key0')}}
`;
}

/** `scoreI_0`: of an invocation's lines and the four that they meet, q · k; `productI_0`: d out · v. */
const scoresAndProducts = (scores: readonly [Side, Side], products: readonly [Side, Side]): string =>
  `${declareSums(SCORES, 'score')}${multiplyTile(SCORES, 'score', ...scores, 'sizes.keyDim', 'partial')}workgroupBarrier();
${declareSums(SCORES, 'product')}${multiplyTile(SCORES, 'product', ...products, 'sizes.valueDim', 'partial')}`;

/**
 * Sums of lines += weights · what they weigh, of which `side` says where a row lies. The weights, each invocation's own
 * in registers, go through workgroup memory; what is weighed is read ahead, a piece at a time.
 */
function addWeighed(
  weights: string,
  sums: string,
  columns: number,
  weighed: Side,
  width: string,
  from: string,
): string {
  const tile = weighedTile(columns);
  const entries = (DEPTH * columns) / 4;
  const rounds = range(Math.ceil(entries / INVOCATIONS)).map((n) => ({
    n,
    guard: (n + 1) * INVOCATIONS <= entries ? null : `lane < ${entries - n * INVOCATIONS}u`,
  }));
  const index = (n: number) => `(lane + ${n * INVOCATIONS}u)`;
  const place = (n: number, first: string) =>
    weighed.at(
      `min(${first} + ${index(n)} / ${columns / 4}u, sizes.rows - 1u - ${from})`,
      `min(${index(n)} % ${columns / 4}u, sizes.${width} / 4u - 1u)`,
    );
  const read = (first: string) =>
    rounds.map(({ n, guard }) => when(guard, `next${n} = ${weighed.buffer}[${place(n, first)}];\n`)).join('');
  const put = rounds.map(({ n, guard }) => when(guard, `memory[${WEIGHTS}u + ${index(n)}] = next${n};\n`)).join('');
  const multiply = steps(DEPTH, 4, (i) =>
    multiplyStep(
      tile,
      sums,
      (line) => `memory[(m0 + ${i}) * ${LINES / 4}u + ${line}]`,
      (line) => `memory[${WEIGHTS}u + ${i} * ${columns / 4}u + ${line}]`,
    ),
  );
  const tell = each(
    4,
    (e) =>
      `memory[(across * 4u + ${e}u) * ${LINES / 4}u + down] = vec4f(${range(LINES_EACH)
        .map((i) => `${weights}${i}_0.${COMPONENT[e]}`)
        .join(', ')});\n`,
  );
  return `{
${rounds.map(({ n }) => `var next${n} = vec4f();\n`).join('')}${read('0u')}workgroupBarrier();
${tell}for (var m0 = 0u; m0 < ${MET}u; m0 += ${DEPTH}u) {
${put}workgroupBarrier();
${read(`m0 + ${DEPTH}u`)}${multiply}workgroupBarrier();
}
}
`;
}

const store = (
  sums: string,
  columns: number,
  buffer: string,
  heads: string,
  head: string,
  width: string,
  from: string,
): string =>
  eachOfTile(
    weighedTile(columns),
    sums,
    (sum, row, col) => `{
let line = ${from} + ${row};
let column = (${col}) / 4u;
if (line < sizes.rows && column < sizes.${width} / 4u) {
${buffer}[(line * sizes.${heads} + ${head}) * (sizes.${width} / 4u) + column] = ${sum};
}
}
`,
  );
