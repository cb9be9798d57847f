import { InputError } from '../words/error';
import { type Phrase, phrase, quoted } from '../words/phrase';
import { SAFETENSORS_FILE, wrongFile } from '../words/wrong_file';
import { z } from '../words/zod';

/** A tensor of a checkpoint: its shape and where its bytes lie. Values are read by `readFloats` or `readIntegers`. */
export type Tensor = {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
};
export type Tensors = ReadonlyMap<string, Tensor>;

/** Bits of a value of every type of the format. */
const BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;
type Dtype = keyof typeof BITS;

/** Types that weights are computed from. */
const FLOATS: readonly Dtype[] = ['F64', 'F32', 'F16', 'BF16'];
/** Types that no quantised weights are stored in. */
const OTHERS: readonly Dtype[] = ['BOOL', 'C64', 'I64', 'U64'];

const Offset = z.number().int().nonnegative();
const Entry = z.object({
  dtype: z.string(),
  shape: z.array(Offset),
  data_offsets: z.tuple([Offset, Offset]),
});

/** Where a tensor's bytes lie, counted from the end of the header. */
export type Entry = {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

/**
 * What a safetensors file says of itself: its tensors in the order of their bytes, which follow the header without
 * gaps.
 */
export type Header = { readonly entries: readonly Entry[]; readonly dataStart: number };

/** Bytes of the number that a file begins with: the length of the JSON header that follows. */
export const PREFIX = 8;
/** What the format's own reader allows a header. */
const LONGEST_HEADER = 100_000_000;

const broken = (file: string, what: Phrase) =>
  new InputError(phrase`${file} is not a readable safetensors file: ${what}.`);

/** Throws InputError for a file that is of another kind, by its first bytes (`KIND_BYTES`). */
export function refuseOthers(first: Uint8Array, file: string): void {
  const wrong = wrongFile(file, first, SAFETENSORS_FILE, 'safetensors');
  if (wrong) throw wrong;
}

/** Length of the JSON header, from the file's first bytes; `fileBytes` null when unknown. Throws InputError. */
export function headerLength(prefix: Uint8Array, fileBytes: number | null, file: string): number {
  if (prefix.byteLength < PREFIX)
    throw broken(file, phrase`it has ${prefix.byteLength} bytes, fewer than the ${PREFIX} of the header's length`);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, PREFIX).getBigUint64(0, true));
  if (length > LONGEST_HEADER)
    throw broken(
      file,
      phrase`its header should have ${length} bytes, more than the ${LONGEST_HEADER} that the format allows`,
    );
  if (fileBytes !== null && PREFIX + length > fileBytes)
    throw broken(file, phrase`its header should have ${length} bytes, but the file ends after ${fileBytes}`);
  return length;
}

/**
 * Reads a JSON header. Throws InputError when it breaks the format: names twice, types unknown, offsets that don't fit
 * their shape, overlap, leave a gap, or go past the end of the file (`fileBytes` null when unknown).
 */
export function parseHeader(text: Uint8Array, fileBytes: number | null, file: string): Header {
  let json: string;
  let header: unknown;
  try {
    json = new TextDecoder('utf-8', { fatal: true }).decode(text);
    header = JSON.parse(json);
  } catch {
    throw broken(file, phrase`its header is not JSON`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw broken(file, phrase`its header is not an object`);
  const twice = repeatedKey(json);
  if (twice !== null) throw broken(file, phrase`its header names ${quoted(twice)} twice`);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]): Entry => {
      const parsed = Entry.safeParse(value);
      if (!parsed.success)
        throw broken(file, phrase`tensor ${quoted(name)} has no valid dtype, shape and data_offsets`);
      const { dtype, shape, data_offsets } = parsed.data;
      if (!isDtype(dtype))
        throw broken(
          file,
          phrase`tensor ${quoted(name)} has the dtype ${quoted(dtype)}, which the format does not know`,
        );
      const [begin, end] = data_offsets;
      const expected = shape.reduce((product, n) => product * n, BITS[dtype]) / 8;
      if (!Number.isInteger(expected))
        throw broken(
          file,
          phrase`tensor ${quoted(name)} (${dtype} [${quoted(shape.join())}]) does not end at a whole byte`,
        );
      if (end - begin !== expected)
        throw broken(
          file,
          phrase`tensor ${quoted(name)} (${dtype} [${quoted(shape.join())}]) should take ${expected} bytes, found ${begin}..${end}`,
        );
      return { name, dtype, shape, begin, end };
    })
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  const dataStart = PREFIX + text.byteLength;
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at)
      throw broken(
        file,
        phrase`tensor ${quoted(name)} should begin at byte ${at} of the data, where the one before it ends, found ${begin}`,
      );
    at = end;
  }
  if (fileBytes !== null && dataStart + at !== fileBytes)
    throw broken(file, phrase`its tensors end at byte ${dataStart + at}, but the file has ${fileBytes}`);
  return { entries, dataStart };
}

const isDtype = (dtype: string): dtype is Dtype => Object.hasOwn(BITS, dtype);

/** Throws InputError for a tensor of a type that weights can't be computed from. */
export function checkFloats({ name, dtype }: Pick<Tensor, 'name' | 'dtype'>): void {
  if (FLOATS.includes(dtype)) return;
  if (OTHERS.includes(dtype))
    throw new InputError(phrase`Tensor ${quoted(name)} is ${dtype}; a floating-point type is needed.`);
  throw new InputError(
    phrase`Tensor ${quoted(name)} is ${dtype}; quantised weights are not read here, use a float32, float16 or bfloat16 checkpoint.`,
  );
}

/** A key that the outermost object of a valid JSON text has twice, which JSON.parse does not tell; or null. */
function repeatedKey(json: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  let text = '';
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    else if (char === '"') {
      const begin = at;
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++;
      text = depth === 1 ? json.slice(begin, at + 1) : '';
    } else if (char === ':' && depth === 1) {
      const key: string = JSON.parse(text);
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return null;
}

/** The tensors of a whole file in memory; they view `bytes` and copy nothing. Throws InputError. */
export function parseSafetensors(bytes: Uint8Array, file: string): Tensors {
  refuseOthers(bytes, file);
  const length = headerLength(bytes.subarray(0, PREFIX), bytes.byteLength, file);
  const { entries, dataStart } = parseHeader(bytes.subarray(PREFIX, PREFIX + length), bytes.byteLength, file);
  return new Map(
    entries.map((entry) => [
      entry.name,
      { ...entry, bytes: bytes.subarray(dataStart + entry.begin, dataStart + entry.end) },
    ]),
  );
}

/** Values of a floating-point tensor as float32 (a copy). Throws InputError for other types. */
export function readFloats(tensor: Tensor): Float32Array<ArrayBuffer> {
  const bytes = aligned(tensor.bytes);
  switch (tensor.dtype) {
    case 'F32':
      return new Float32Array(bytes.buffer);
    case 'F64':
      return Float32Array.from(new Float64Array(bytes.buffer));
    case 'F16':
      return Float32Array.from(new Uint16Array(bytes.buffer), halfToFloat);
    case 'BF16': {
      const words = new Uint32Array(bytes.byteLength / 2);
      new Uint16Array(bytes.buffer).forEach((half, i) => {
        words[i] = half << 16;
      });
      return new Float32Array(words.buffer);
    }
    default:
      checkFloats(tensor);
      throw new Error(`no reader of ${tensor.dtype}`);
  }
}

/** Values of an integer tensor as uint32 (a copy). Throws InputError for other types. */
export function readIntegers(tensor: Tensor): Uint32Array<ArrayBuffer> {
  if (tensor.dtype === 'I32') return new Uint32Array(aligned(tensor.bytes).buffer);
  if (tensor.dtype === 'I64') return Uint32Array.from(new BigInt64Array(aligned(tensor.bytes).buffer), Number);
  throw new InputError(phrase`Tensor ${tensor.name} is ${tensor.dtype}; I32 or I64 is needed.`);
}

const aligned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
