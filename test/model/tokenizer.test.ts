import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderChat, templateIn } from '../../src/model/chat_template';
import { parseTokenizer, parseTokenizerConfig } from '../../src/model/tokenizer';
import { InputError } from '../../src/words/error';

const plain = JSON.parse(readFileSync('public/models/reference/tokenizer.json', 'utf8'));
const END = 0;
const TEXT = parseTokenizer(plain).encode('Alice was');
/** As Llama's own: a template that puts the first token. */
const withFirst = {
  ...plain,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<|end|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { '<|end|>': { id: '<|end|>', ids: [END], tokens: ['<|end|>'] } },
  },
};
const tokens = { bos_token: '<|end|>', eos_token: { __type: 'AddedToken', content: '<|end|>', lstrip: false } };
const ids = (json: object, config: object) => parseTokenizer(json, parseTokenizerConfig(config)).encode('Alice was');

const LLAMA = { ...tokens, tokenizer_class: 'LlamaTokenizerFast' };
test.each([
  ['nothing said', {}, TEXT, [END, ...TEXT]],
  ['Llama, first', { ...LLAMA, add_bos_token: true, add_eos_token: false }, [END, ...TEXT], [END, ...TEXT]],
  ['Llama, both', { ...LLAMA, add_bos_token: true, add_eos_token: true }, [END, ...TEXT, END], [END, ...TEXT, END]],
  ['Llama, none', { ...LLAMA, add_bos_token: false, add_eos_token: false }, TEXT, TEXT],
  ['Llama, its default', { ...LLAMA, add_eos_token: true }, [END, ...TEXT, END], [END, ...TEXT, END]],
  ['Llama, without such a token', { ...LLAMA, bos_token: null, add_bos_token: true }, TEXT, TEXT],
  [
    'Llama, the slow class',
    { ...LLAMA, tokenizer_class: 'LlamaTokenizer', add_bos_token: true },
    [END, ...TEXT],
    [END, ...TEXT],
  ],
  // A class that goes by tokenizer.json alone in transformers 4.
  [
    'another class',
    { ...tokens, tokenizer_class: 'PreTrainedTokenizerFast', add_bos_token: true },
    TEXT,
    [END, ...TEXT],
  ],
  ['no class', { ...tokens, add_bos_token: true }, [END, ...TEXT], [END, ...TEXT]],
  ['no class, none', { ...tokens, add_bos_token: false }, TEXT, [END, ...TEXT]],
])('tokens around a text, %s', (_, config, expected, besideTemplate) => {
  expect(ids(plain, config)).toEqual(expected);
  expect(ids(withFirst, config)).toEqual(besideTemplate);
});

test('a token that the tokenizer does not have, and keys of other types, are named', () => {
  expect(() => ids(plain, { ...LLAMA, bos_token: '<s>', add_bos_token: true })).toThrow(
    /says that <s> is put around texts \(bos_token\), but tokenizer.json has no such token/,
  );
  expect(() => ids(plain, { add_bos_token: 'yes' })).toThrow(
    /tokenizer_config.json can't be used: add_bos_token: it should be true or false/,
  );
});

test('a text whose tokens have no ids is refused', () => {
  const lost = { ...plain, model: { ...plain.model, unk_token: '<unk>', vocab: { a: 1 }, merges: [] } };
  expect(() => parseTokenizer(lost).encode('b')).toThrow(InputError);
  expect(() => parseTokenizer(lost).encode('b')).toThrow(/has no token for “<unk>”/);
});

const CHAT =
  "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}<|User|>{{ message['content'] }}" +
  '{% endif %}{% endfor %}{% if add_generation_prompt and not tools is defined or tools is none %}<|Assistant|>{% endif %}';

test('a chat template is rendered as transformers does, and puts its own first token', () => {
  const config = parseTokenizerConfig({ ...LLAMA, add_bos_token: true, chat_template: CHAT });
  const text = renderChat(templateIn(config)!, 'Hi {{ there }}', config);
  expect(text).toBe('<|end|><|User|>Hi {{ there }}<|Assistant|>');
  const tokenizer = parseTokenizer(plain, config);
  expect(tokenizer.encode(text, true).filter((id) => id === END)).toHaveLength(1);
  expect(tokenizer.decode(tokenizer.encode(text, true))).toBe(text);
});

test.each([
  [undefined, null],
  [null, null],
  ['a', 'a'],
  [
    [
      { name: 'tool_use', template: 'b' },
      { name: 'default', template: 'a' },
    ],
    'a',
  ],
  [[{ name: 'only', template: 'a' }], 'a'],
])('the template of %j', (chat_template, expected) => {
  expect(templateIn(parseTokenizerConfig({ chat_template }))).toBe(expected);
});

test.each([
  [7, /should be a text, or a list of templates/],
  [[], /should be a text, or a list of templates/],
  [
    [
      { name: 'a', template: '' },
      { name: 'b', template: '' },
    ],
    /has a, b, but none is called default/,
  ],
])('the template %j is refused in a sentence', (chat_template, sentence) => {
  const config = parseTokenizerConfig({ chat_template });
  expect(() => templateIn(config)).toThrow(InputError);
  expect(() => templateIn(config)).toThrow(sentence);
});

test.each(['{{ raise_exception("no user") }}', '{% for %}', '{{ messages.upper() }}', '{% foo %}', '{{ '])(
  'a template that can not be rendered is a sentence: %s',
  (template) => {
    expect(() => renderChat(template, 'Hi', {})).toThrow(/chat template can't be rendered: /);
    expect(() => renderChat(template, 'Hi', {})).toThrow(InputError);
  },
);
