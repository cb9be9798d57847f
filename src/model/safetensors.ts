import { z } from 'zod';
import { InputError } from './error';

/** A tensor of a checkpoint: its shape and where its bytes lie. Values are read by `readFloats` or `readIntegers`. */
export type Tensor = {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
};
export type Tensors = ReadonlyMap<string, Tensor>;

const BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, BOOL: 1 } as const;
type Dtype = keyof typeof BYTES;

const Entry = z.object({
  dtype: z.enum(Object.keys(BYTES) as [Dtype, ...Dtype[]]),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

/**
 * The tensors of a safetensors file; they view `file` and copy nothing.
 * Format: 8 bytes of header length, a JSON header, the data. Throws InputError when the file breaks it.
 */
export function parseSafetensors(file: Uint8Array, fileName: string): Tensors {
  const broken = (what: string) => new InputError(`${fileName} is not a readable safetensors file: ${what}.`);
  if (file.byteLength < 8) throw broken(`it has ${file.byteLength} bytes, fewer than the 8 of the header's length`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const dataStart = 8 + headerLength;
  if (dataStart > file.byteLength) throw broken(`its header should have ${headerLength} bytes, but the file ends after ${file.byteLength}`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, dataStart)));
  } catch {
    throw broken('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw broken('its header is not an object');
  const tensors = new Map<string, Tensor>();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const parsed = Entry.safeParse(value);
    if (!parsed.success) throw broken(`tensor ${name} has no valid dtype, shape and data_offsets`);
    const {
      dtype,
      shape,
      data_offsets: [begin, end],
    } = parsed.data;
    const expected = shape.reduce((product, n) => product * n, BYTES[dtype]);
    if (end < begin || dataStart + end > file.byteLength || end - begin !== expected)
      throw broken(`tensor ${name} (${dtype} [${shape}]) should take ${expected} bytes within the file, found ${begin}..${end}`);
    tensors.set(name, { name, dtype, shape, bytes: file.subarray(dataStart + begin, dataStart + end) });
  }
  return tensors;
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
      throw new InputError(`Tensor ${tensor.name} is ${tensor.dtype}; a floating-point type is needed.`);
  }
}

/** Values of an integer tensor as uint32 (a copy). Throws InputError for other types. */
export function readIntegers(tensor: Tensor): Uint32Array<ArrayBuffer> {
  if (tensor.dtype === 'I32') return new Uint32Array(aligned(tensor.bytes).buffer);
  if (tensor.dtype === 'I64') return Uint32Array.from(new BigInt64Array(aligned(tensor.bytes).buffer), Number);
  throw new InputError(`Tensor ${tensor.name} is ${tensor.dtype}; I32 or I64 is needed.`);
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
