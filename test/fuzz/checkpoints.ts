import { readFileSync } from 'node:fs';
import { connectivityIn } from '../../src/connectivity/methods';
import { chooseModel } from '../../src/lab/setup/choose_model';
import { ropeTable } from '../../src/model/rope';
import { siteSource } from '../../src/model/source';
import { emptyCheckpoint, type Files, json, memory } from '../model/memory_files';
import type { Subject } from './fuzzing';

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const llama4 = read('test/oracle/fixtures/llama4/config.json');
const CONFIGS: readonly object[] = [
  ...['mixtral', 'qwen3_moe', 'deepseek_v2', 'deepseek_v3', 'instella'].map((name) =>
    read(`test/oracle/fixtures/${name}/config.json`),
  ),
  llama4,
  { architectures: ['Llama4ForConditionalGeneration'], text_config: { ...llama4, architectures: null } },
];
const TOKENIZER = read('public/models/reference/tokenizer.json');
/** Parts that other tokenizers have. */
const TOKENIZERS: readonly object[] = [
  {
    ...TOKENIZER,
    model: { ...TOKENIZER.model, vocab: { a: 1, b: 2, ab: 3, '<unk>': 4 }, merges: ['a b'], unk_token: '<unk>' },
  },
  {
    ...TOKENIZER,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        { type: 'NFC' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: '\\p{N}{1,3}|[a-z]+' }, behavior: 'Isolated', invert: false },
        { type: 'Digits', individual_digits: true },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<|end|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }],
      special_tokens: { '<|end|>': { id: '<|end|>', ids: [0], tokens: ['<|end|>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }],
    },
    model: {
      type: 'BPE',
      byte_fallback: true,
      unk_token: '<|end|>',
      vocab: { '<|end|>': 0, '▁': 1, a: 2, '▁a': 3, '<0x41>': 4 },
      merges: [['▁', 'a']],
    },
  },
  {
    ...TOKENIZER,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      vocab: { '[UNK]': 0, a: 1, '##b': 2 },
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
  },
  {
    ...TOKENIZER,
    model: {
      type: 'Unigram',
      unk_id: 0,
      vocab: [
        ['<unk>', 0],
        ['a', -1],
        ['b', -2],
      ],
    },
  },
];
const TOKENIZER_CONFIG = {
  add_bos_token: true,
  add_eos_token: false,
  bos_token: { __type: 'AddedToken', content: '<|end|>', lstrip: false },
  eos_token: '<|end|>',
  model_max_length: 1e30,
  tokenizer_class: 'LlamaTokenizerFast',
  chat_template: "{{ bos_token }}{% for message in messages %}{{ message['content'] | trim }}{% endfor %}",
};

/** Checkpoints as they should be, small, of all families. */
const WHOLE: readonly Files[] = CONFIGS.map((config, i) => ({
  ...emptyCheckpoint(config),
  'tokenizer.json': json(TOKENIZERS[i % TOKENIZERS.length]),
  'tokenizer_config.json': json(TOKENIZER_CONFIG),
  'generation_config.json': json({ eos_token_id: [0, 1] }),
}));

type Below = (n: number) => number;
const VALUES = [
  'null',
  'true',
  '-1',
  '0',
  '0.5',
  '1e30',
  '1e308',
  '1e999',
  '9007199254740993',
  '4294967296',
  '100000000',
  '"4096"',
  '""',
  '"\\ud800"',
  '"__proto__"',
  '"constructor"',
  '[]',
  '[[]]',
  '[null]',
  '{}',
  '{"type":"Sequence"}',
  'NaN',
];
/** A value of JSON: a number, a text, a word, or an empty list or object. */
const ANY_VALUE = /-?\d+(\.\d+)?(e[+-]?\d+)?|"(\\.|[^"\\])*"(?!\s*:)|true|false|null|\[\]|\{\}/g;
const MEMBER = /"(\\.|[^"\\])*"\s*:\s*("(\\.|[^"\\])*"|-?[\d.]+|true|false|null),/g;

const MUTATIONS: readonly ((text: string, below: Below) => string)[] = [
  // A value in the place of another.
  (text, below) => swapped(text, ANY_VALUE, below, () => VALUES[below(VALUES.length)]!),
  (text, below) =>
    swapped(text, ANY_VALUE, below, (own) => VALUES[below(VALUES.length)]!.replace(/^"4096"$/, `[${own}]`)),
  // Members left out, repeated, or with another name.
  (text, below) => swapped(text, MEMBER, below, () => ''),
  (text, below) => swapped(text, MEMBER, below, (own) => own + own),
  (text, below) =>
    swapped(text, MEMBER, below, (own) => own + own.replace(/:.*$/s, `:${VALUES[below(VALUES.length)]},`)),
  (text, below) => swapped(text, MEMBER, below, (own) => own.replace(/"/, '"x')),
  // Deep nesting.
  (text, below) => swapped(text, ANY_VALUE, below, () => nested(1 + below(20_000), '[', ']')),
  (text, below) => swapped(text, ANY_VALUE, below, () => nested(1 + below(5_000), '{"a":', '}')),
  // Cut, or with other letters.
  (text, below) => text.slice(0, below(text.length)),
  (text, below) => {
    const at = below(text.length);
    return (
      text.slice(0, at) +
      ['{', '}', '[', ']', '"', ':', ',', '\\', '\0', '\ufeff'][below(10)] +
      text.slice(at + below(3))
    );
  },
];

function swapped(text: string, what: RegExp, below: Below, by: (own: string) => string): string {
  const all = [...text.matchAll(what)];
  const own = all[below(all.length)];
  return own ? text.slice(0, own.index) + by(own[0]) + text.slice(own.index + own[0].length) : text;
}

const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`;

/** A file whose text, or the header of whose tensors, is another; or some of whose bytes are. */
function mutated(file: Uint8Array, tensors: boolean, below: Below): Uint8Array {
  const begin = tensors ? 8 : 0;
  const end = tensors ? 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)) : file.byteLength;
  if (below(8) === 0) {
    const out = file.slice();
    for (let i = 0; i <= below(4); i++) out[below(end)] = below(256);
    return out;
  }
  let text = new TextDecoder().decode(file.subarray(begin, end));
  for (let i = 0; i <= below(2); i++) text = MUTATIONS[below(MUTATIONS.length)]!(text, below);
  const changed = new TextEncoder().encode(text);
  const out = new Uint8Array(begin + changed.byteLength + file.byteLength - end);
  if (tensors) new DataView(out.buffer).setBigUint64(0, BigInt(changed.byteLength), true);
  out.set(changed, begin);
  out.set(file.subarray(end), begin + changed.byteLength);
  return out;
}

const PLACES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'] as const;

/** A checkpoint of which one file is damaged. */
export const checkpoints: Subject = {
  name: 'configs, headers and tokenizers',
  draw(random) {
    const below: Below = (n) => Math.floor(random() * n);
    const whole = WHOLE[below(WHOLE.length)]!;
    const place = PLACES[below(PLACES.length)]!;
    const damaged = mutated(whole[place]!, place === 'model.safetensors', below);
    return { bytes: damaged.byteLength, read: () => used({ ...whole, [place]: damaged }) };
  },
};

/** All that is read of a checkpoint before a GPU is needed. */
async function used(files: Files): Promise<void> {
  const places = { source: siteSource('http://127.0.0.1:9/'), dropped: memory(files, true, 65536) };
  const { tokenizer, chat, checkpointOf } = await chooseModel(places, 'files', false);
  const { spec, config } = await checkpointOf('config');
  connectivityIn(config, spec);
  ropeTable(spec.rope, 8);
  tokenizer.decode([...tokenizer.encode('Alice was 12 ab é '), 0, 1, 5000]);
  tokenizer.encode(await chat('ab'), true);
}
