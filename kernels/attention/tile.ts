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

/** Causal attention by tiles, as in FlashAttention (Dao et al., 2022): scores never leave the workgroup. */
export type AttentionTile = {
  /** Tokens of a workgroup, keys that it takes at once, columns of values. */
  readonly queries: number;
  readonly keys: number;
  readonly columns: number;
  /** Tokens of an invocation. */
  readonly rowsEach: number;
  /** Depths of a piece of queries and keys. */
  readonly depth: number;
  /** Keys of a piece of probabilities, and of a piece of values. */
  readonly probabilities: number;
  readonly values: number;
};

/** Invocations that share a token's keys. */
const ACROSS = 16;

const scoreTile = ({ queries, keys, rowsEach, depth }: AttentionTile): Tile => ({
  rows: queries,
  cols: keys,
  depth,
  rowsEach,
  colsEach: keys / ACROSS,
  slices: 1,
});
const valueTile = ({ queries, columns, rowsEach, values }: AttentionTile): Tile => ({
  rows: queries,
  cols: columns,
  depth: values,
  rowsEach,
  colsEach: columns / ACROSS,
  slices: 1,
});

export const attentionInvocations = (tile: AttentionTile): number => invocationsOf(scoreTile(tile));

/** Entries of workgroup memory: pieces of queries and keys; or of probabilities, and two of values. */
const entriesOfAttention = (tile: AttentionTile): number =>
  Math.max(entriesOf(scoreTile(tile)), valuesAt(tile) + 2 * entriesOfValues(tile), (tile.queries / 4) * ACROSS);
const valuesAt = ({ queries, probabilities }: AttentionTile): number => (queries / 4) * probabilities;
const entriesOfValues = ({ values, columns }: AttentionTile): number => values * (columns / 4);

/** Bytes of workgroup memory; of single variables each takes 16. */
export const attentionBytes = (tile: AttentionTile): number => 16 * (entriesOfAttention(tile) + 3);

/** The lowest of scores: what a token does not see. Finite, since differences of infinities are no numbers. */
const LEAST = '-3.0e38';

const q: Side = {
  buffer: 'q',
  along: 'depth',
  at: (line, depth) => `(min(row0 + ${line}, sizes.rows - 1u) * sizes.heads + head) * (sizes.keyDim / 4u) + ${depth}`,
};
const k: Side = {
  buffer: 'k',
  along: 'depth',
  at: (line, depth) => `(min(key0 + ${line}, last) * sizes.kvHeads + kvHead) * (sizes.keyDim / 4u) + ${depth}`,
};

/** Attention by tiles; keyDim, valueDim and valueStride are multiples of four. */
export function attentionTile(tile: AttentionTile): string {
  const { queries, keys, columns, rowsEach } = tile;
  const scores = scoreTile(tile);
  return `struct Sizes { rows: u32, heads: u32, kvHeads: u32, keyDim: u32, valueDim: u32, valueStride: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> first: array<u32>;
@group(0) @binding(5) var<storage, read> own: array<u32>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;

var<workgroup> memory: array<vec4f, ${entriesOfAttention(tile)}>;
var<workgroup> lowestKey: atomic<u32>;
var<workgroup> highestKey: atomic<u32>;
var<workgroup> seen: vec2u;

@compute @workgroup_size(${attentionInvocations(tile)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
// Tiles of the last tokens see the most keys, and begin first.
let row0 = ((sizes.rows + ${queries - 1}u) / ${queries}u - 1u - group.x) * ${queries}u;
let head = group.y;
let kvHead = head / (sizes.heads / sizes.kvHeads);
let column4 = group.z * ${columns / 4}u;
if (lane == 0u) {
atomicStore(&lowestKey, 0xffffffffu);
atomicStore(&highestKey, 0u);
}
workgroupBarrier();
if (lane < ${queries}u) {
let row = min(row0 + lane, sizes.rows - 1u);
atomicMin(&lowestKey, first[row]);
atomicMax(&highestKey, own[row]);
}
workgroupBarrier();
if (lane == 0u) { seen = vec2u(atomicLoad(&lowestKey), atomicLoad(&highestKey)); }
let keysSeen = workgroupUniformLoad(&seen);
let last = keysSeen.y;
${namePlace(scores)}${declareSums(valueTile(tile), 'sum')}
${each(rowsEach, (i) => `var most${i} = ${LEAST};\nvar total${i} = 0.0;\n`)}
for (var key0 = keysSeen.x; key0 <= last; key0 += ${keys}u) {
${declareSums(scores, 'score')}${multiplyTile(scores, 'score', q, k, 'sizes.keyDim', 'partial')}workgroupBarrier();
${weighScores(tile)}${addValues(tile)}workgroupBarrier();
}
${storeSums(tile)}}
`;
}

const quadsOf = ({ keys }: AttentionTile): number => keys / ACROSS / 4;
const columnsOf = ({ columns }: AttentionTile): number => columns / ACROSS / 4;

/** The entry in which an invocation tells the others of the i-th four of its tokens. */
const toldAt = (tile: AttentionTile, i: number, across: string): string =>
  `memory[(down + ${i * (tile.queries / tile.rowsEach)}u) * ${ACROSS}u + ${across}]`;
/** Tells of all tokens of an invocation, whose values are `name`I. */
const tell = (tile: AttentionTile, name: string): string =>
  each(tile.rowsEach / 4, (i) => {
    const four = range(4).map((e) => `${name}${4 * i + e}`);
    return `${toldAt(tile, i, 'across')} = vec4f(${four.join(', ')});\n`;
  });
/** What all invocations told of the i-th four tokens, put together two by two. */
const told = (tile: AttentionTile, i: number, together: (a: string, b: string) => string): string =>
  range(ACROSS)
    .map((n) => toldAt(tile, i, `${n}u`))
    .reduce(together);

/** Scores become probabilities, up to the factor that sums and totals shrink by when a higher score is met. */
function weighScores(tile: AttentionTile): string {
  const quads = quadsOf(tile);
  const mask = each(
    tile.rowsEach,
    (i) => `var higher${i} = ${LEAST};
{
let row = min(row0 + ${rowInTile(scoreTile(tile), i)}, sizes.rows - 1u);
let since = vec4u(first[row]);
let until = vec4u(own[row]);
var higher = vec4f(${LEAST});
${each(
  quads,
  (j) => `{
let key = vec4u(key0 + (across + ${j * ACROSS}u) * 4u) + vec4u(0u, 1u, 2u, 3u);
score${i}_${j} = select(vec4f(${LEAST}), score${i}_${j} * sizes.scale, (key >= since) & (key <= until));
higher = max(higher, score${i}_${j});
}
`,
)}higher${i} = max(max(higher.x, higher.y), max(higher.z, higher.w));
}
`,
  );
  const weigh = each(
    tile.rowsEach,
    (i) => `{
let higher = max(most${i}, highest${i >> 2}.${COMPONENT[i & 3]});
let shrink = exp(most${i} - higher);
most${i} = higher;
${each(quads, (j) => `score${i}_${j} = exp(score${i}_${j} - higher);\n`)}total${i} = total${i} * shrink + dot(${range(
      quads,
    )
      .map((j) => `score${i}_${j}`)
      .join(' + ')}, vec4f(1.0));
${each(columnsOf(tile), (j) => `sum${i}_${j} *= shrink;\n`)}}
`,
  );
  const highest = each(tile.rowsEach / 4, (i) => `let highest${i} = ${told(tile, i, (a, b) => `max(${a}, ${b})`)};\n`);
  return `${mask}${tell(tile, 'higher')}workgroupBarrier();\n${highest}${weigh}`;
}

/** Sums += probabilities · values. Probabilities go through workgroup memory by pieces; values are read ahead. */
function addValues(tile: AttentionTile): string {
  const { queries, keys, columns, probabilities, values, rowsEach } = tile;
  const invocations = attentionInvocations(tile);
  const entries = entriesOfValues(tile);
  const rounds = range(Math.ceil(entries / invocations)).map((n) => ({
    n,
    guard: (n + 1) * invocations <= entries ? null : `lane < ${entries - n * invocations}u`,
  }));
  const read = (key: string) =>
    rounds
      .map(({ n, guard }) =>
        when(
          guard,
          `let key = min(${key} + (lane + ${n * invocations}u) / ${columns / 4}u, last);
let column = min(column4 + (lane + ${n * invocations}u) % ${columns / 4}u, sizes.valueDim / 4u - 1u);
next${n} = v[key * (sizes.valueStride / 4u) + kvHead * (sizes.valueDim / 4u) + column];
`,
        ),
      )
      .join('');
  const store = (half: string) =>
    rounds
      .map(({ n, guard }) =>
        when(guard, `memory[${valuesAt(tile)}u + ${half} + lane + ${n * invocations}u] = next${n};\n`),
      )
      .join('');
  const perPiece = probabilities / values;
  const multiply = steps(values, 4, (i) =>
    multiplyStep(
      valueTile(tile),
      'sum',
      (line) => `memory[(n * ${values}u + ${i}) * ${queries / 4}u + ${line}]`,
      (line) => `memory[${valuesAt(tile)}u + half + ${i} * ${columns / 4}u + ${line}]`,
    ),
  );
  // An invocation has four neighbouring keys of every 64: those of a piece are some invocations' across.
  const shared = probabilities / 4;
  const writePiece = (piece: number) => {
    const j = Math.floor((piece * probabilities) / (4 * ACROSS));
    const owner = piece % ((4 * ACROSS) / probabilities);
    const down = queries / rowsEach;
    return when(
      shared === ACROSS ? null : `across / ${shared}u == ${owner}u`,
      each(4, (e) =>
        each(
          rowsEach / 4,
          (i) =>
            `memory[((across % ${shared}u) * 4u + ${e}u) * ${queries / 4}u + down + ${i * down}u] = vec4f(${range(4)
              .map((r) => `score${i * 4 + r}_${j}.${COMPONENT[e]}`)
              .join(', ')});\n`,
        ),
      ),
    );
  };
  const pieces = keys / probabilities;
  return `${rounds.map(({ n }) => `var next${n} = vec4f();\n`).join('')}var half = 0u;
${read('key0')}${each(
  pieces,
  (piece) => `workgroupBarrier();
${writePiece(piece)}${store('half')}workgroupBarrier();
for (var n = 0u; n < ${perPiece}u; n++) {
${read(`key0 + ${piece * probabilities}u + (n + 1u) * ${values}u`)}${multiply}half = ${entries}u - half;
${perPiece === 1 ? '' : `if (n < ${perPiece - 1}u) {\n${store('half')}}\nworkgroupBarrier();\n`}}
`,
)}`;
}

function storeSums(tile: AttentionTile): string {
  const wholes = each(tile.rowsEach / 4, (i) => `let whole${i} = ${told(tile, i, (a, b) => `${a} + ${b}`)};\n`);
  const wholeOf = (sum: string) => {
    const i = Number(/^sum(\d+)_/.exec(sum)![1]);
    return `whole${i >> 2}.${COMPONENT[i & 3]}`;
  };
  return `${tell(tile, 'total')}workgroupBarrier();
${wholes}${eachOfTile(
  valueTile(tile),
  'sum',
  (sum, row, col) => `{
let row = row0 + ${row};
let column = column4 + ${col} / 4u;
if (row < sizes.rows && column < sizes.valueDim / 4u) {
out[(row * sizes.heads + head) * (sizes.valueDim / 4u) + column] = ${sum} / ${wholeOf(sum)};
}
}
`,
)}`;
}
