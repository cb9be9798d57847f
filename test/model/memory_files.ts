import { parseConfig, textConfigOf } from '../../src/model/config';
import type { Tensor } from '../../src/model/safetensors';
import type { OpenFile, Source } from '../../src/model/source';
import { weightsOf } from '../../src/model/weights';

export const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
export type Files = Readonly<Record<string, Uint8Array>>;

/** Files in memory, in chunks of any size; `told` says whether the place knows their sizes. */
export function memory(files: Files, told = true, chunk = 1000): Source {
  return {
    nameOf: (path) => path,
    async open(path): Promise<OpenFile | null> {
      const bytes = files[path];
      if (!bytes) return null;
      return {
        bytes: told ? bytes.byteLength : null,
        close: async () => {},
        async *from(begin) {
          for (let at = begin; at < bytes.byteLength; at += chunk) yield bytes.subarray(at, at + chunk);
        },
      };
    },
  };
}

/** A safetensors file of some tensors. */
export function safetensorsOf(tensors: readonly Tensor[]): Uint8Array {
  let at = 0;
  const header: Record<string, object> = { __metadata__: { format: 'pt' } };
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.byteLength] };
    at += bytes.byteLength;
  }
  const text = json(header);
  const out = new Uint8Array(8 + text.byteLength + at);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  out.set(text, 8);
  at = 8 + text.byteLength;
  for (const { bytes } of tensors) {
    out.set(bytes, at);
    at += bytes.byteLength;
  }
  return out;
}

/** A checkpoint of a config in memory, its weights all zero: config.json and model.safetensors. */
export function emptyCheckpoint(config: object): Files {
  const pieces = weightsOf(parseConfig(textConfigOf(config))).flatMap((weight) => weight.pieces);
  const tensors = [...new Map(pieces.map(({ tensor, shape }) => [tensor, shape]))].map(
    ([name, shape]): Tensor => ({
      name,
      dtype: 'F32',
      shape,
      bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b)),
    }),
  );
  return { 'config.json': json(config), 'model.safetensors': safetensorsOf(tensors) };
}
