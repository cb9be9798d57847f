import { InputError } from '../words/error';
import { KIND_BYTES } from '../words/file_kind';
import { type Phrase, phrase, quoted } from '../words/phrase';
import { because, whyNot, z } from '../words/zod';
import { parseConfig, textConfigOf } from './config';
import { type Entry, type Header, headerLength, PREFIX, parseHeader, refuseOthers, type Tensor } from './safetensors';
import { byteReader, has, joined, type OpenFile, readJson, type Source } from './source';
import type { ModelSpec } from './spec';
import { checkTensors, checkTypes, isLeftOut } from './weights';

/** A model that can be put on devices. */
export type Checkpoint = {
  readonly spec: ModelSpec;
  /** Of its config.json, what is of the language model, FarSkip keys included. */
  readonly config: object;
  readonly weights: WeightSource;
  /** Tensors of other parts of the checkpoint, which are not run; 0 in most. */
  readonly leftOut: number;
};

/** What is to be said of a checkpoint that runs in part; or null. */
export const remarkOn = ({ leftOut }: Checkpoint): Phrase | null =>
  leftOut === 0
    ? null
    : phrase`Its language model runs; ${leftOut} tensors of its other parts, such as a vision model, are left out.`;

/** Tensors as they are stored, each read once, in the order of their files; or drawn from a seed on the device. */
export type WeightSource =
  | {
      readonly kind: 'stored';
      /** Bytes of all tensors. */
      readonly bytes: number;
      /** Paths of the files that hold them, the index included. */
      readonly files: readonly string[];
      readonly tensors: () => AsyncGenerator<Tensor>;
    }
  /** Matrices normal with a deviation: where it is left out, of 1 / sqrt(columns), which keeps the size of values. */
  | { readonly kind: 'drawn'; readonly seed: number; readonly deviation?: number };

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const Index = z.object({
  weight_map: z.record(z.string(), z.string().regex(/^[\w.-]+$/, because(phrase`it should be the name of a file`))),
});

type Shard = { readonly name: string; readonly file: OpenFile; readonly header: Header };

/**
 * Reads config.json and the headers of model.safetensors, or of the shards that model.safetensors.index.json names; the
 * tensors themselves are read later, once. Throws InputError with the file and what is wrong in it.
 */
export async function openCheckpoint(source: Source): Promise<Checkpoint> {
  const config = textConfigOf(await readJson(source, 'config.json'));
  const spec = parseConfig(config);
  const shards = await openShards(source);
  const tensors = new Map<string, Entry>();
  for (const { name, header } of shards)
    for (const entry of header.entries) {
      if (tensors.has(entry.name))
        throw new InputError(
          phrase`Tensor ${quoted(entry.name)} is in ${source.nameOf(name)} and in another file too.`,
        );
      tensors.set(entry.name, entry);
    }
  await checkAll(source, spec, tensors);
  const names = shards.map(({ name }) => name);
  const files = names[0] === SINGLE ? names : [INDEX, ...names];
  const bytes = [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0);
  return {
    spec,
    config,
    weights: { kind: 'stored', bytes, files, tensors: () => readTensors(source, shards) },
    leftOut: [...tensors.keys()].filter((name) => isLeftOut(spec, name)).length,
  };
}

/** What ModelOpt says of weights that it quantised, beside a config.json that says nothing of it. */
const QUANTISED = 'hf_quant_config.json';

async function checkAll(source: Source, spec: ModelSpec, tensors: ReadonlyMap<string, Entry>): Promise<void> {
  checkTypes(spec, tensors);
  try {
    checkTensors(spec, tensors);
  } catch (cause) {
    if (!(await has(source, QUANTISED))) throw cause;
    throw new InputError(
      phrase`${source.nameOf(QUANTISED)} says that this checkpoint is quantised; quantised weights are not read here, use a float32, float16 or bfloat16 checkpoint.`,
    );
  }
}

/** What else weights are saved as. */
const ELSEWHERE = [
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'consolidated.safetensors',
  'consolidated.00.pth',
  'model.pt',
  'tf_model.h5',
  'model.onnx',
];

/** Bytes that the header of most files is within: the page shows a model by it, long before its weights are wanted. */
const HEAD = 2 ** 16;

async function openShards(source: Source): Promise<Shard[]> {
  const single = await source.open(SINGLE, HEAD);
  if (single) return [await openShard(source, SINGLE, single)];
  const indexFile = await source.open(INDEX);
  await indexFile?.close();
  if (!indexFile) {
    for (const other of ELSEWHERE)
      if (await has(source, other))
        throw new InputError(
          phrase`${source.nameOf(SINGLE)} is not there, but ${other} is; weights are read as transformers saves them in safetensors, with save_pretrained.`,
        );
    throw new InputError(
      phrase`${source.nameOf(SINGLE)} can't be read, nor ${INDEX} beside it; check that the file is there.`,
    );
  }
  const index = Index.safeParse(await readJson(source, INDEX));
  if (!index.success) throw new InputError(phrase`${source.nameOf(INDEX)} can't be used: ${whyNot(index.error)}.`);
  const places = Object.entries(index.data.weight_map);
  const shards: Shard[] = [];
  for (const name of new Set(places.map(([, file]) => file))) {
    const file = await source.open(name, HEAD);
    if (!file)
      throw new InputError(
        phrase`${quoted(source.nameOf(name))}, which ${INDEX} names, can't be read; check that the file is there.`,
      );
    const shard = await openShard(source, name, file);
    const held = new Set(shard.header.entries.map((entry) => entry.name));
    for (const [tensor, place] of places)
      if (place === name && !held.has(tensor))
        throw new InputError(phrase`${INDEX} says that ${name} has tensor ${quoted(tensor)}, but it does not.`);
    shards.push(shard);
  }
  return shards;
}

async function openShard(source: Source, name: string, file: OpenFile): Promise<Shard> {
  const called = source.nameOf(name);
  const reader = byteReader(file.from(0));
  try {
    const first = await reader.take(KIND_BYTES);
    refuseOthers(first, called);
    const length = headerLength(first.subarray(0, PREFIX), file.bytes, called);
    const text = joined([
      first.subarray(PREFIX, PREFIX + length),
      await reader.take(Math.max(0, PREFIX + length - first.byteLength)),
    ]);
    // A file of unknown length shows only now that it is too short.
    if (text.byteLength < length)
      throw new InputError(
        phrase`${called} is not a readable safetensors file: its header should have ${length} bytes, but the file ends after ${PREFIX + text.byteLength}.`,
      );
    return { name, file, header: parseHeader(text, file.bytes, called) };
  } finally {
    await reader.close();
  }
}

async function* readTensors(source: Source, shards: readonly Shard[]): AsyncGenerator<Tensor> {
  for (const { name, file, header } of shards) {
    const reader = byteReader(file.from(header.dataStart));
    try {
      for (const { name: tensor, dtype, shape, begin, end } of header.entries) {
        const bytes = await reader.take(end - begin);
        if (bytes.byteLength < end - begin)
          throw new InputError(
            phrase`${source.nameOf(name)} is cut short: tensor ${quoted(tensor)} should have ${end - begin} bytes, but the file ends after ${bytes.byteLength} of them.`,
          );
        yield { name: tensor, dtype, shape, bytes };
      }
    } finally {
      await reader.close();
    }
  }
}
