import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/model/config';
import { parseSafetensors, readFloats } from '../../src/model/safetensors';
import { parseTokenizer } from '../../src/model/tokenizer';
import { checkTensors } from '../../src/model/weights';
import { InputError } from '../../src/words/error';

const folder = 'test/oracle/fixtures/qwen3_moe';
const config = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));
const file = new Uint8Array(readFileSync(`${folder}/model.safetensors`));

/** A safetensors file with this header and as many bytes of data. */
function fileOf(header: object | string, data: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + data);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  return out;
}

const span = (begin: number, end: number) => ({ dtype: 'F32', shape: [(end - begin) / 4], data_offsets: [begin, end] });

test.each([
  ['no bytes', new Uint8Array(3), /fewer than the 8/],
  ['a cut header', file.slice(0, 100), /the file ends after 100/],
  ['cut data', file.slice(0, file.length - 4), /tensors end at byte \d+, but the file has/],
  [
    'a header longer than the format allows',
    fileOf('', 0).map((byte, i) => (i < 5 ? 255 : byte)),
    /more than the 100000000/,
  ],
  ['a header that is not JSON', fileOf('{"a":', 0), /not JSON/],
  ['a header that is a list', fileOf([], 0), /not an object/],
  [
    'an unknown type',
    fileOf({ a: { dtype: 'F13', shape: [1], data_offsets: [0, 4] } }, 4),
    /tensor a has the dtype F13, which the format does not know/,
  ],
  [
    'a name twice',
    fileOf(
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      8,
    ),
    /names a twice/,
  ],
  ['tensors that overlap', fileOf({ a: span(0, 8), b: span(4, 12) }, 12), /tensor b should begin at byte 8/],
  ['a gap between tensors', fileOf({ a: span(0, 4), b: span(8, 12) }, 12), /tensor b should begin at byte 4/],
  ['data that no tensor covers', fileOf({ a: span(0, 4) }, 8), /tensors end at byte/],
  [
    'a shape beyond all numbers',
    fileOf({ a: { dtype: 'F32', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 4] } }, 4),
    /should take/,
  ],
  [
    'offsets that do not fit the shape',
    fileOf({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 4),
    /should take 8 bytes/,
  ],
])('%s is refused in a sentence', (_, bytes, sentence) => {
  expect(() => parseSafetensors(bytes, 'model.safetensors')).toThrow(InputError);
  expect(() => parseSafetensors(bytes, 'model.safetensors')).toThrow(sentence);
});

test('floating-point types are read as float32', () => {
  const bits = (words: number[]) => new Uint8Array(Uint16Array.from(words).buffer);
  const tensor = (dtype: 'F16' | 'BF16', words: number[]) => ({
    name: 'a',
    dtype,
    shape: [words.length],
    bytes: bits(words),
  });
  expect([...readFloats(tensor('F16', [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00]))]).toEqual([
    1,
    -2,
    2 ** -24,
    65504,
    Number.POSITIVE_INFINITY,
  ]);
  expect([...readFloats(tensor('BF16', [0x3f80, 0xc000]))]).toEqual([1, -2]);
});

test('configs that are not known or can not be run are named', () => {
  expect(() => parseConfig({ architectures: ['GPT2LMHeadModel'] })).toThrow(
    /GPT2LMHeadModel is not known here; known are MixtralForCausalLM, .*, Llama4ForCausalLM and Llama4ForConditionalGeneration/,
  );
  expect(() => parseConfig({})).toThrow(/names no architecture/);
  expect(() => parseConfig({ ...config, hidden_size: 'wide' })).toThrow(/hidden_size/);
});

const json = (folder: string) => JSON.parse(readFileSync(`test/oracle/fixtures/${folder}/config.json`, 'utf8'));

test.each([
  [
    'fewer experts in the kept groups than are chosen',
    'deepseek_v2',
    { topk_method: 'group_limited_greedy', n_group: 8, topk_group: 1 },
    /3 of 8 experts can't be chosen from 1 of 8 groups/,
  ],
  ['groups of one expert', 'deepseek_v3', { n_group: 8, topk_group: 8 }, /8 groups need at least two experts each/],
  ['more experts than anyone has', 'mixtral', { num_local_experts: 1e9 }, /num_local_experts/],
  ['quantised weights', 'mixtral', { quantization_config: { bits: 4 } }, /quantised weights are not read here/],
  ['compressed weights', 'mixtral', { compression_config: { format: 'int' } }, /quantised weights are not read here/],
  ['a sliding window', 'mixtral', { sliding_window: 4096 }, /sliding-window attention is not computed here/],
  ['several experts that weigh their input', 'llama4', { num_experts_per_tok: 2 }, /only top-1/],
])('%s is refused in a sentence', (_, family, change, sentence) => {
  expect(() => parseConfig({ ...json(family), ...change })).toThrow(InputError);
  expect(() => parseConfig({ ...json(family), ...change })).toThrow(sentence);
});

test.each([
  ['qwen3_moe', { mlp_only_layers: null, head_dim: null, num_local_experts: undefined, num_experts: 8 }],
  ['llama4', { head_dim: null, moe_layers: null, no_rope_layers: null, layer_types: null }],
  [
    'deepseek_v3',
    {
      num_nextn_predict_layers: null,
      quantization_config: null,
      ep_size: 1,
      aux_loss_alpha: 0.001,
      topk_method: 'noaux_tc',
    },
  ],
])('%s: keys that are null or of no matter are as if they were not there', (family, change) => {
  expect(parseConfig({ ...json(family), ...change })).toMatchObject({ family });
});

test('a header with a huge string is read', () => {
  const metadata = { text: '\\"'.repeat(3_000_000) };
  expect(parseSafetensors(fileOf({ __metadata__: metadata, a: span(0, 4) }, 4), 'model.safetensors').size).toBe(1);
});

test('a tensor that is missing, of another shape, or too much is named', () => {
  const spec = parseConfig(config);
  const tensors = parseSafetensors(file, 'model.safetensors');
  expect(() => checkTensors(spec, tensors)).not.toThrow();
  const without = new Map(tensors);
  without.delete('model.norm.weight');
  expect(() => checkTensors(spec, without)).toThrow(/lacks tensor model.norm.weight \[64\]/);
  const reshaped = new Map(tensors).set('lm_head.weight', { ...tensors.get('lm_head.weight')!, shape: [64, 128] });
  expect(() => checkTensors(spec, reshaped)).toThrow(
    /lm_head.weight should be \[128,64\], but the checkpoint has \[64,128\]/,
  );
  const extra = new Map(tensors).set('model.extra', tensors.get('model.norm.weight')!);
  expect(() => checkTensors(spec, extra)).toThrow(/has tensor model.extra/);
});

test('the tokenizer reads and writes as the one that the model was trained with', () => {
  const tokenizer = parseTokenizer(JSON.parse(readFileSync('public/models/reference/tokenizer.json', 'utf8')));
  const report = JSON.parse(readFileSync('public/models/reference/report.json', 'utf8'));
  for (const { ids, text } of [report.greedy_regular, report.greedy_farskip]) expect(tokenizer.decode(ids)).toBe(text);
  expect(tokenizer.encode('Alice was beginning to')).toEqual(report.greedy_regular.ids.slice(0, 8));
});
