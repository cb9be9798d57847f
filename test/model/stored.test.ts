import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/lab/statistics/random';
import { openCheckpoint } from '../../src/model/checkpoint';
import { parseSafetensors, type Tensor } from '../../src/model/safetensors';
import { filesSource, type Source, siteSource, within } from '../../src/model/source';
import { InputError } from '../../src/words/error';
import { safetensorsOf as fileOf, json, memory } from './memory_files';

const folder = 'test/oracle/fixtures/mixtral';
const config = new Uint8Array(readFileSync(`${folder}/config.json`));
const model = new Uint8Array(readFileSync(`${folder}/model.safetensors`));

async function readAll(source: Source): Promise<Map<string, Tensor>> {
  const { weights } = await openCheckpoint(source);
  const found = new Map<string, Tensor>();
  if (weights.kind === 'stored') for await (const tensor of weights.tensors()) found.set(tensor.name, tensor);
  return found;
}

const tensors = [...parseSafetensors(model, 'model').values()];
const half = tensors.length >> 1;
const FIRST = 'model-00001-of-00002.safetensors';
const SECOND = 'model-00002-of-00002.safetensors';
const shards = {
  'config.json': config,
  [FIRST]: fileOf(tensors.slice(0, half)),
  [SECOND]: fileOf(tensors.slice(half)),
};
const map = Object.fromEntries(tensors.map(({ name }, i) => [name, i < half ? FIRST : SECOND]));
const index = (weight_map: unknown) => ({ 'model.safetensors.index.json': json({ weight_map }) });

test('one file, shards and dropped files give the same tensors, whatever the chunks', async () => {
  const whole = await readAll(memory({ 'config.json': config, 'model.safetensors': model }));
  expect([...whole.keys()].sort()).toEqual(tensors.map(({ name }) => name).sort());
  for (const { name, bytes } of tensors) expect(whole.get(name)!.bytes).toEqual(bytes);
  expect(await readAll(memory({ ...shards, ...index(map) }, false, 7777))).toEqual(whole);
  const dropped = { 'config.json': config, 'model.safetensors': model };
  const files = Object.entries(dropped).map(([name, bytes]) => new File([bytes], name));
  expect(await readAll(filesSource(files))).toEqual(whole);
});

test.each([
  ['no config', { 'model.safetensors': model }, /config.json can't be read/],
  ['no model', { 'config.json': config }, /model.safetensors can't be read, nor model.safetensors.index.json/],
  [
    'a shard that is not there',
    { ...shards, ...index({ ...map, 'lm_head.weight': 'model-3.safetensors' }) },
    /model-3.safetensors, which .* names/,
  ],
  ['a shard elsewhere', { ...shards, ...index({ ...map, 'lm_head.weight': '../x' }) }, /should be the name of a file/],
  ['an index without a map', { ...shards, ...index(undefined) }, /weight_map/],
  [
    'a tensor in no shard',
    { ...shards, ...index({ ...map, 'lm_head.bias': SECOND }) },
    /says that .* has tensor lm_head.bias/,
  ],
  [
    'a tensor in two shards',
    { ...shards, [SECOND]: fileOf(tensors.slice(half - 1)), ...index(map) },
    /is in model-00002-of-00002.safetensors and in another file too/,
  ],
])('%s is refused in a sentence', async (_, files, sentence) => {
  const opened = openCheckpoint(memory(files));
  await expect(opened).rejects.toThrow(sentence);
  await expect(opened).rejects.toBeInstanceOf(InputError);
});

test('a file that ends before its last tensor is refused while it is read, when its size was not known', async () => {
  const cut = memory({ 'config.json': config, 'model.safetensors': model.subarray(0, model.length - 1) }, false);
  await expect(readAll(cut)).rejects.toThrow(
    /is cut short: tensor .* should have \d+ bytes, but the file ends after \d+ of them/,
  );
});

test('thousands of mutated and truncated files give a sentence or a model, never more memory than the file', async () => {
  const random = seededRandom(Math.floor(Math.random() * 1e9));
  const below = (n: number) => Math.floor(random() * n);
  const headerEnd = 8 + Number(new DataView(model.buffer, model.byteOffset).getBigUint64(0, true));
  const text = new TextDecoder().decode(model.subarray(8, headerEnd));
  const numbers = [
    '0',
    '-1',
    '1e308',
    '18446744073709551615',
    '9007199254740993',
    '4294967296',
    '0.5',
    'null',
    '"4"',
    '[]',
    '{}',
  ];
  const withHeader = (changed: string) => {
    const bytes = new TextEncoder().encode(changed);
    const out = new Uint8Array(8 + bytes.length + model.length - headerEnd);
    new DataView(out.buffer).setBigUint64(0, BigInt(bytes.length), true);
    out.set(bytes, 8);
    out.set(model.subarray(headerEnd), 8 + bytes.length);
    return out;
  };
  const splice = (from: number, count: number, put: string) =>
    withHeader(text.slice(0, from) + put + text.slice(from + count));
  const mutations: (() => Uint8Array)[] = [
    // Bytes anywhere in the header or its length, and files cut anywhere.
    () => {
      const out = model.slice();
      for (let i = 0; i <= below(4); i++) out[below(headerEnd)] = below(256);
      return out;
    },
    () => {
      const out = model.slice();
      new DataView(out.buffer).setBigUint64(
        0,
        BigInt(Math.floor(2 ** (64 * random())) % Number.MAX_SAFE_INTEGER) * 3n,
        true,
      );
      return out;
    },
    () => model.slice(0, below(2) === 0 ? below(headerEnd) : below(model.length)),
    // Structure: numbers replaced, members removed, repeated and swapped.
    () => {
      const at = [...text.matchAll(/\d+/g)][below(300)]!;
      return splice(at.index, at[0].length, numbers[below(numbers.length)]!);
    },
    () => {
      const at = [...text.matchAll(/"[^"]+":\{[^{}]*\},/g)][below(60)]!;
      return splice(at.index, below(2) === 0 ? at[0].length : 0, below(2) === 0 ? at[0] : '');
    },
    () =>
      splice(
        below(text.length),
        below(40),
        ['{', '}', '[', ']', '"', ':', ',', '\\u0000', '\\ud800', '"__proto__":'][below(10)]!.repeat(1 + below(3)),
      ),
    () => splice(1, 0, `"x":${'['.repeat(below(3000))}`),
  ];
  const outcomes = { refused: 0, read: 0 };
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let i = 0; i < 4000; i++) {
    const file = mutations[i % mutations.length]!();
    try {
      const source = memory({ 'config.json': config, 'model.safetensors': file }, i % 3 > 0, 65536);
      const { weights } = await openCheckpoint(source);
      if (weights.kind === 'stored')
        for await (const { bytes } of weights.tensors()) most = Math.max(most, bytes.byteLength);
      outcomes.read++;
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      expect(cause.message.length).toBeLessThan(1000);
      outcomes.refused++;
    }
    // Buffers of the last hundred files may not have been collected yet.
    if (i % 100 === 0) expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(600 * model.length);
  }
  expect(outcomes.refused).toBeGreaterThan(3000);
  expect(most).toBeLessThanOrEqual(model.length);
});

test('an address that is none, and a file that breaks off, are sentences', async () => {
  const site = siteSource('http://127.0.0.1:9/');
  await expect(openCheckpoint(within(site, 'http://a b'))).rejects.toThrow(/is not an address/);
  await expect(openCheckpoint(site)).rejects.toThrow(/can't be read \(no connection/);
  const broken = new File([config], 'config.json');
  broken.slice = () =>
    ({
      stream: () => new ReadableStream({ start: (controller) => controller.error(new Error('gone')) }),
    }) as unknown as File;
  await expect(openCheckpoint(filesSource([broken]))).rejects.toThrow(/could not be read to its end \(gone\)/);
});
