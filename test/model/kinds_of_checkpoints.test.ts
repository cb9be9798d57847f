import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { connectivityIn, tableOf } from '../../src/connectivity/methods';
import { openCheckpoint } from '../../src/model/checkpoint';
import { parseConfig } from '../../src/model/config';
import { parseSafetensors } from '../../src/model/safetensors';
import { InputError } from '../../src/words/error';
import { emptyCheckpoint, type Files, json, memory, safetensorsOf } from './memory_files';

const configOf = (family: string) =>
  JSON.parse(readFileSync(`test/oracle/fixtures/${family}/config.json`, 'utf8')) as Record<string, unknown>;
const [instella, mixtral, qwen3] = ['instella', 'mixtral', 'qwen3_moe'].map(configOf) as [object, object, object];

async function refused(files: Files): Promise<string> {
  const cause = await openCheckpoint(memory(files)).then(
    () => null,
    (why) => why,
  );
  expect(cause).toBeInstanceOf(InputError);
  return cause.message;
}

test('Instella as its own class saves it: FarSkip up to the last layer, and sizes as floats', async () => {
  const saved = {
    ...instella,
    farskip: true,
    farskip_start_idx: 0,
    farskip_end_idx: 1e4,
    max_position_embeddings: 1e30,
    num_nextn_predict_layers: 0.0,
  };
  const files = emptyCheckpoint(saved);
  const asSaved = new TextDecoder().decode(files['config.json']).replace('"farskip_end_idx":10000', '$&.0');
  const { spec, config } = await openCheckpoint(memory({ ...files, 'config.json': new TextEncoder().encode(asSaved) }));
  expect(connectivityIn(config, spec)).toEqual({ method: 'farskip', table: tableOf('farskip', spec) });
});

const YARN = { rope_type: 'yarn', factor: 4.0, original_max_position_embeddings: 32768 };
const ropeOf = (keys: object) =>
  parseConfig({ ...qwen3, rope_theta: undefined, rope_scaling: undefined, rope_parameters: undefined, ...keys }).rope;

test('rope_scaling beside rope_parameters takes its place, as in transformers 5', () => {
  const parameters = { rope_theta: 1_000_000, rope_type: 'default' };
  const both = ropeOf({ rope_parameters: parameters, rope_scaling: { ...YARN, rope_theta: 1_000_000 } });
  expect(both).toMatchObject({ theta: 1_000_000, scaling: { kind: 'yarn', factor: 4, originalPositions: 32768 } });
  expect(both.scaling).toMatchObject({ attentionFactor: expect.closeTo(1.1386, 4) });
  // A theta of the config itself is that of either.
  expect(ropeOf({ rope_parameters: parameters, rope_scaling: YARN, rope_theta: 5e5 }).theta).toBe(5e5);
  for (const nothing of [null, {}])
    expect(ropeOf({ rope_parameters: parameters, rope_scaling: nothing })).toMatchObject({
      theta: 1_000_000,
      scaling: { kind: 'default' },
    });
});

test('a RoPE for each kind of layer is refused', () => {
  expect(() => ropeOf({ rope_parameters: { full_attention: { rope_type: 'default', rope_theta: 1e6 } } })).toThrow(
    /rope_parameters.full_attention: one RoPE for all layers is computed here, not one for each kind/,
  );
});

test('rope_scaling that would lose the theta of rope_parameters is refused', () => {
  expect(() => ropeOf({ rope_parameters: { rope_theta: 1e6 }, rope_scaling: YARN })).toThrow(
    /rope_scaling takes the place of rope_parameters and names no rope_theta, which is 1000000 there/,
  );
});

const types = ['F4', 'F6_E2M3', 'F6_E3M2', 'U8', 'I8', 'F8_E5M2', 'F8_E4M3', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'];
const bitsOf = (type: string) =>
  ({ F4: 4, F6: 6, I1: 16, U1: 16, I3: 32, U3: 32, C6: 64, I6: 64, U6: 64 })[type.slice(0, 2)] ?? 8;

/** The file with one tensor of another type, its bytes zero. */
function withType(files: Files, name: string, dtype: string): Files {
  const tensors = [...parseSafetensors(files['model.safetensors']!, 'model').values()].map((tensor) => {
    const values = tensor.shape.reduce((a, b) => a * b);
    return tensor.name === name
      ? { ...tensor, dtype: dtype as 'F32', bytes: new Uint8Array((values * bitsOf(dtype)) / 8) }
      : tensor;
  });
  return { ...files, 'model.safetensors': safetensorsOf(tensors) };
}

test.each([...types, 'I16', 'U16', 'I32', 'U32'])('weights of type %s are quantised, and said to be', async (dtype) => {
  const files = withType(emptyCheckpoint(mixtral), 'model.layers.0.self_attn.q_proj.weight', dtype);
  const sentence = `Tensor model.layers.0.self_attn.q_proj.weight is ${dtype}; quantised weights are not read here`;
  expect(await refused(files)).toContain(sentence);
  expect(await refused({ ...files, 'hf_quant_config.json': json({}) })).toContain(sentence);
});

test.each(['BOOL', 'C64', 'I64', 'U64'])('weights of type %s are no floating-point numbers', async (dtype) => {
  const files = withType(emptyCheckpoint(mixtral), 'lm_head.weight', dtype);
  expect(await refused(files)).toBe(`Tensor lm_head.weight is ${dtype}; a floating-point type is needed.`);
});

test('tensors that the model does not need may be of any type', async () => {
  const files = emptyCheckpoint(mixtral);
  const extra = { name: 'model.rotary_emb.inv_freq', dtype: 'F8_E4M3', shape: [3], bytes: new Uint8Array(3) } as const;
  const tensors = [...parseSafetensors(files['model.safetensors']!, 'model').values(), extra];
  await openCheckpoint(memory({ ...files, 'model.safetensors': safetensorsOf(tensors) }));
  const scales = [...tensors, { ...extra, name: 'model.layers.0.self_attn.q_proj.weight_scale' }];
  const scaled = { ...files, 'model.safetensors': safetensorsOf(scales) };
  expect(await refused(scaled)).toMatch(/has tensor .*weight_scale/);
  expect(await refused({ ...scaled, 'hf_quant_config.json': json({}) })).toMatch(
    /hf_quant_config.json says that this checkpoint is quantised/,
  );
});

test('values of less than a byte fill whole bytes', () => {
  const file = (dtype: string, shape: number[], end: number) =>
    safetensorsOf([{ name: 'a', dtype: dtype as 'F32', shape, bytes: new Uint8Array(end) }]);
  expect(parseSafetensors(file('F4', [4], 2), 'f').size).toBe(1);
  expect(parseSafetensors(file('F6_E2M3', [4], 3), 'f').size).toBe(1);
  expect(() => parseSafetensors(file('F4', [3], 2), 'f')).toThrow(/does not end at a whole byte/);
});

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const LFS = bytesOf('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1234\n');
const WRONG: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['a Git LFS pointer', LFS, /is a Git LFS pointer, not .*; run git lfs pull/],
  ['a web page', bytesOf('\n<!DOCTYPE html>\n<html><title>Sign in'), /is a web page, not .*; download the file itself/],
  ['a PyTorch zip', bytesOf(`PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`), /is a PyTorch file/],
  ['an old PyTorch file', bytesOf('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'), /is a Python pickle/],
  ['a zip', bytesOf(`PK\x03\x04${'\0'.repeat(26)}model/config.json`), /is a zip archive, .*unpack it first/],
  ['a GGUF', bytesOf('GGUF\x03\0\0\0'), /is a GGUF file/],
  ['an ONNX model', bytesOf('\x08\x07\x12\x07pytorch\x1a\x052.1.0'), /is an ONNX model/],
  ['an empty file', new Uint8Array(0), /is empty, not .*; copy or download it again/],
  ['a gzipped file', gzipSync('{}'), /is gzipped, not .*; unpack it first/],
  ['UTF-16', bytesOf('\xff\xfe{\0'), /is text in UTF-16, not .*; save it as UTF-8/],
];

test.each(WRONG)('%s in the place of another file is named', async (_, bytes, sentence) => {
  const whole = emptyCheckpoint(mixtral);
  expect(await refused({ ...whole, 'config.json': bytes })).toMatch(sentence);
  expect(await refused({ ...whole, 'model.safetensors': bytes })).toMatch(sentence);
  const { 'model.safetensors': _model, ...config } = whole;
  expect(await refused({ ...config, 'model.safetensors.index.json': bytes })).toMatch(sentence);
});

test('who gives PyTorch weights hears how to save them otherwise', async () => {
  for (const [name, bytes] of WRONG.filter(([name]) => name.includes('PyTorch')))
    expect(await refused({ ...emptyCheckpoint(mixtral), 'model.safetensors': bytes }), name).toMatch(
      /safe_serialization/,
    );
});

test('NaN and Infinity, as Python writes them, are no hindrance where nothing needs them', async () => {
  const files = emptyCheckpoint(mixtral);
  const text = new TextDecoder().decode(files['config.json']);
  const python = (part: string) => new TextEncoder().encode(text.replace('{', `{${part},`));
  await openCheckpoint(
    memory({ ...files, 'config.json': python('"a": Infinity, "b": [NaN, -Infinity], "c": "NaN {"') }),
  );
  expect(await refused({ ...files, 'config.json': python('"a": Infinite') })).toMatch(/is not a JSON object/);
});

test('a config in the place of the weights, and weights in that of the config', async () => {
  const { 'config.json': config, 'model.safetensors': weights } = emptyCheckpoint(mixtral);
  expect(await refused({ 'config.json': weights!, 'model.safetensors': weights! })).toMatch(
    /config.json is a safetensors file, not a JSON file/,
  );
  expect(await refused({ 'config.json': config!, 'model.safetensors': config! })).toMatch(/safetensors/);
});

test('a folder with weights in another format says so', async () => {
  const files = { 'config.json': json(mixtral), 'pytorch_model.bin': new Uint8Array(4) };
  expect(await refused(files)).toMatch(/model.safetensors is not there, but pytorch_model.bin is/);
});

test('Llama 4 with its vision model: its text part runs, and what is left out is counted', async () => {
  const text = configOf('llama4');
  const whole = {
    architectures: ['Llama4ForConditionalGeneration'],
    model_type: 'llama4',
    text_config: { ...text, architectures: null },
    vision_config: { hidden_size: 8 },
  };
  const files = emptyCheckpoint(whole);
  const own = [...parseSafetensors(files['model.safetensors']!, 'model').values()];
  expect(own.every(({ name }) => name.startsWith('language_model.'))).toBe(true);
  const vision = ['vision_model.layernorm_pre.weight', 'multi_modal_projector.linear_1.weight'].map((name) => ({
    ...own[0]!,
    name,
  }));
  const { spec, leftOut } = await openCheckpoint(
    memory({ ...files, 'model.safetensors': safetensorsOf([...vision, ...own]) }),
  );
  expect({ ...spec, names: null }).toEqual({ ...parseConfig(text), names: null });
  expect(leftOut).toBe(2);
  expect(
    await refused({ ...files, 'model.safetensors': safetensorsOf([...own, { ...own[0]!, name: 'audio.a' }]) }),
  ).toMatch(/has tensor audio.a/);
});
