import { COMPONENT, each, range, silu, steps, when } from './write';

/**
 * A tile of a matrix product: a workgroup computes it from pieces of both operands that lie in workgroup memory, an
 * invocation some of its values in registers (Volkov and Demmel, 2008). The next pieces are read while these are
 * multiplied. All is written out, for compilers to keep in registers. Sums run over depths in their order.
 */
export type Tile = {
  /** Values of the output that a workgroup computes, and depths of a piece. */
  readonly rows: number;
  readonly cols: number;
  readonly depth: number;
  /** Values that an invocation computes; multiples of four. */
  readonly rowsEach: number;
  readonly colsEach: number;
  /** So many invocations compute the same values, each over its part of a piece's depths: for outputs of few tiles. */
  readonly slices: number;
};

/** An operand: a buffer of vec4f, by lines (rows of the output, or columns of it) and depths. */
export type Side = {
  readonly buffer: string;
  /** What a vec4f holds: four depths of a line, or four lines at a depth. */
  readonly along: 'depth' | 'lines';
  /** What a place of the buffer holds; a vec4f as it is, where it is not given. */
  readonly read?: (place: string) => string;
  /** Where a vec4f lies, of expressions that count in fours what it holds four of. Lines may lie beyond the last. */
  readonly at: (line: string, depth: string) => string;
  /** How much further the next depth lies, where a vec4f holds lines. */
  readonly stride?: string;
};

export const invocationsOf = ({ rows, cols, rowsEach, colsEach, slices }: Tile): number =>
  (rows / rowsEach) * (cols / colsEach) * slices;

/** Entries of workgroup memory that a piece takes: each holds four lines at one depth. */
const entriesOfPiece = ({ rows, cols, depth }: Tile): number => ((rows + cols) / 4) * depth;

/** Entries of workgroup memory, vec4f, that a tile needs: two pieces, and what slices hand over. */
export const entriesOf = (tile: Tile): number =>
  Math.max(2 * entriesOfPiece(tile), ((tile.slices - 1) * invocationsOf(tile)) / tile.slices);

const acrossOf = ({ cols, colsEach }: Tile): number => cols / colsEach;
const downOf = ({ rows, rowsEach }: Tile): number => rows / rowsEach;

/** Names the place of an invocation's values, `across` and `down`, and its `slice`, by its index `lane`. */
export function namePlace(tile: Tile): string {
  const perSlice = invocationsOf(tile) / tile.slices;
  const slot = tile.slices === 1 ? 'lane' : `lane % ${perSlice}u`;
  return `let slot = ${slot};
let slice = lane / ${perSlice}u;
let across = slot % ${acrossOf(tile)}u;
let down = slot / ${acrossOf(tile)}u;
`;
}

/** What is written for each four sums of an invocation, which are `NAMErow_col`. */
const eachSum = ({ rowsEach, colsEach }: Tile, name: string, write: (sum: string, i: number, j: number) => string) =>
  each(rowsEach, (i) => each(colsEach / 4, (j) => write(`${name}${i}_${j}`, i, j)));

export const declareSums = (tile: Tile, name: string): string =>
  eachSum(tile, name, (sum) => `var ${sum} = vec4f();\n`);

/** What is written for each four sums: with the row, and the first of four columns, in the tile. */
export const eachOfTile = (
  tile: Tile,
  name: string,
  write: (sum: string, row: string, col: string) => string,
): string =>
  eachSum(tile, name, (sum, i, j) => write(sum, rowInTile(tile, i), `(across + ${j * acrossOf(tile)}u) * 4u`));

/**
 * What is written for each four outputs of SwiGLU (Shazeer, 2020), silu(gate) * up, where the first half of a tile's
 * columns are gates and the second half their ups: with the row in the tile and the first of four columns of its half.
 * An invocation has both of each pair; it does eight columns or more.
 */
export const eachGatedOfTile = (
  tile: Tile,
  name: string,
  write: (value: string, row: string, col: string) => string,
): string =>
  each(tile.rowsEach, (i) =>
    each(tile.colsEach / 8, (j) => {
      const [gate, up] = [`${name}${i}_${j}`, `${name}${i}_${j + tile.colsEach / 8}`];
      return write(silu(gate, up), rowInTile(tile, i), `(across + ${j * acrossOf(tile)}u) * 4u`);
    }),
  );

/** The row in the tile of an invocation's i-th row of values. */
export const rowInTile = (tile: Tile, i: number): string => `((down + ${(i >> 2) * downOf(tile)}u) * 4u + ${i & 3}u)`;

/** Whether depths are a multiple of a piece's, or the last piece may be a part of one. */
export type Pieces = 'whole' | 'partial';

/**
 * Adds a · bᵀ over `inner` depths to the sums NAME of a tile, by workgroup memory `memory`, which nobody may be using.
 * Ends while others may still be reading there.
 */
export function multiplyTile(tile: Tile, name: string, a: Side, b: Side, inner: string, pieces: Pieces): string {
  const { depth } = tile;
  const piece = entriesOfPiece(tile);
  const blocks = [...blocksOf(tile, 'a', a, inner, pieces), ...blocksOf(tile, 'b', b, inner, pieces)];
  const read = (k: string) => blocks.map((block) => block.read(k)).join('');
  const store = (base: string, k: string) => blocks.map((block) => block.store(base, k)).join('');
  return `{
${blocks.map((block) => block.setUp).join('')}${read('0u')}${store('0u', '0u')}workgroupBarrier();
var current = 0u;
for (var k0 = ${depth}u; k0 < ${inner}; k0 += ${depth}u) {
${read('k0')}${multiplyPieces(tile, name, 'current')}current = ${piece}u - current;
${store('current', 'k0')}workgroupBarrier();
}
${multiplyPieces(tile, name, 'current')}}
`;
}

/** Four lines by four depths that an invocation brings to workgroup memory: how they are read, and how stored there. */
type Block = {
  readonly setUp: string;
  readonly read: (k: string) => string;
  readonly store: (base: string, k: string) => string;
};

/** Where there are more invocations than blocks of a side, its first bring those of a, its last those of b. */
function blocksOf(tile: Tile, name: 'a' | 'b', side: Side, inner: string, pieces: Pieces): Block[] {
  const invocations = invocationsOf(tile);
  const lines = name === 'a' ? tile.rows : tile.cols;
  const count = (lines / 4) * (tile.depth / 4);
  return range(Math.ceil(count / invocations)).map((n) => {
    const rest = Math.min(invocations, count - n * invocations);
    const idle = invocations - rest;
    const skipped = name === 'a' ? 0 : idle;
    const guard = idle === 0 ? null : name === 'a' ? `lane < ${rest}u` : `lane >= ${idle}u`;
    const first = name === 'a' ? 0 : (tile.rows / 4) * tile.depth;
    const index = `lane + ${n * invocations}u - ${skipped}u`;
    return blockOf(tile.depth, side, `${name}${n}`, index, guard, pieces === 'whole' ? null : inner, {
      first,
      pitch: lines / 4,
    });
  });
}

function blockOf(
  depth: number,
  { buffer, along, at, stride, read = (place) => `${buffer}[${place}]` }: Side,
  id: string,
  index: string,
  guard: string | null,
  /** What depths may lie beyond; null where none does. */
  inner: string | null,
  { first, pitch }: { readonly first: number; readonly pitch: number },
): Block {
  const quads = depth / 4;
  const [lines, depths] = [`lines_${id}`, `depths_${id}`];
  const place = (e: number) => `place_${id}_${e}`;
  const value = (e: number) => `value_${id}_${e}`;
  const placeOf = (e: number) =>
    along === 'depth' ? at(`${lines} * 4u + ${e}u`, depths) : at(lines, `${depths} * 4u + ${e}u`);
  const further = (k: string) => (along === 'depth' ? `${k} / 4u` : `${k} * ${stride}`);
  const beyond = (k: string, e: number) => `${k} + ${depths} * 4u${along === 'depth' ? '' : ` + ${e}u`} >= ${inner}`;
  // Workgroup memory holds four lines at one depth.
  const stored = (d: number) =>
    along === 'lines'
      ? value(d)
      : `vec4f(${range(4)
          .map((e) => `${value(e)}.${COMPONENT[d]}`)
          .join(', ')})`;
  const entry = (d: number) => `${first}u + (${depths} * 4u + ${d}u) * ${pitch}u + ${lines}`;
  const zeros = (k: string) => each(4, (e) => `if (${beyond(k, e)}) { ${value(e)} = vec4f(); }\n`);
  const zeroBeyond = (k: string) => (inner === null ? '' : `if (${k} + ${depth}u > ${inner}) {\n${zeros(k)}}\n`);
  return {
    setUp: `let ${lines} = (${index}) / ${quads}u;
let ${depths} = (${index}) % ${quads}u;
${each(4, (e) => `let ${place(e)} = ${placeOf(e)};\nvar ${value(e)} = vec4f();\n`)}`,
    read: (k) =>
      when(
        guard,
        each(4, (e) => `${value(e)} = ${read(`${place(e)} + ${further(k)}`)};\n`),
      ),
    // What lies beyond the last depth is zero. Asked only here, so that nothing waits for what is still being read.
    store: (base, k) => when(guard, zeroBeyond(k) + each(4, (d) => `memory[${base} + ${entry(d)}] = ${stored(d)};\n`)),
  };
}

/** More steps of depth written one after the other only take longer to compile. */
const unrolledOf = (depths: number): number => (depths > 8 ? 8 : 4);

function multiplyPieces(tile: Tile, name: string, base: string): string {
  const { rows, cols, depth, slices } = tile;
  const own = depth / slices;
  return steps(own, unrolledOf(own), (i) => {
    const d = slices === 1 ? i : `(slice * ${own}u + ${i})`;
    return multiplyStep(
      tile,
      name,
      (line) => `memory[${base} + ${d} * ${rows / 4}u + ${line}]`,
      (line) => `memory[${base} + ${(rows / 4) * depth}u + ${d} * ${cols / 4}u + ${line}]`,
    );
  });
}

/** One depth: sums += a bᵀ, where a and b give the entry of workgroup memory of four lines. */
export const multiplyStep = (
  tile: Tile,
  name: string,
  a: (line: string) => string,
  b: (line: string) => string,
): string =>
  [
    each(tile.rowsEach / 4, (i) => `let a${i} = ${a(`down + ${i * downOf(tile)}u`)};\n`),
    each(tile.colsEach / 4, (j) => `let b${j} = ${b(`across + ${j * acrossOf(tile)}u`)};\n`),
    eachSum(tile, name, (sum, i, j) => `${sum} += a${i >> 2}.${COMPONENT[i & 3]} * b${j};\n`),
  ].join('');

/** Adds up what the slices have, in their order; the first then has the sums. */
export function addSlices(tile: Tile, name: string): string {
  const { slices } = tile;
  if (slices === 1) return '';
  const perSlice = invocationsOf(tile) / slices;
  return eachSum(
    tile,
    name,
    (sum) => `workgroupBarrier();
if (slice > 0u) { memory[(slice - 1u) * ${perSlice}u + slot] = ${sum}; }
workgroupBarrier();
if (slice == 0u) { ${range(slices - 1)
      .map((s) => `${sum} += memory[${s * perSlice}u + slot];`)
      .join(' ')} }
`,
  );
}
