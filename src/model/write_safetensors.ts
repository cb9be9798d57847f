/** A tensor to be written, in float32 or as bytes. */
export type WrittenTensor = { readonly shape: readonly number[]; readonly values: Float32Array | Uint8Array };

const ALIGNED = 8;

/** A safetensors file, as transformers reads it (huggingface/safetensors, README); bytes come last, for alignment. */
export function safetensorsOf(tensors: ReadonlyMap<string, WrittenTensor>): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  const isBytes = (values: WrittenTensor['values']) => values instanceof Uint8Array;
  const ordered = [...tensors].toSorted(([, a], [, b]) => Number(isBytes(a.values)) - Number(isBytes(b.values)));
  for (const [name, { shape, values }] of ordered) {
    header[name] = { dtype: isBytes(values) ? 'U8' : 'F32', shape, data_offsets: [end, end + values.byteLength] };
    end += values.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / ALIGNED) * ALIGNED;
  const file = new Uint8Array(ALIGNED + length + end).fill(' '.charCodeAt(0), ALIGNED, ALIGNED + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, ALIGNED);
  let at = ALIGNED + length;
  for (const [, { values }] of ordered) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return file;
}
