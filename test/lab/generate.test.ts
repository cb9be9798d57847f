import { readFile } from 'node:fs/promises';
import { quantile } from 'simple-statistics';
import { beforeAll, expect, test } from 'vitest';
import { tableOf } from '../../src/connectivity/methods';
import type { Emit } from '../../src/lab/experiments/experiment';
import { betweenTokensOf, decodingOf } from '../../src/lab/experiments/generation/decoding';
import { generate } from '../../src/lab/experiments/generation/generate';
import type { StepResult } from '../../src/lab/experiments/generation/result';
import { DEFAULT_GENERATION, type GenerateSettings } from '../../src/lab/experiments/generation/settings';
import { createDecoder } from '../../src/lab/setup/decoder';
import { deploy, type Lab } from '../../src/lab/setup/lab';
import { estimate } from '../../src/lab/statistics/estimate';
import { openCheckpoint } from '../../src/model/checkpoint';
import { filesSource, type Source, within } from '../../src/model/source';
import { openLab } from '../support';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab('public');
});
const run = (change: Partial<GenerateSettings>, emit: Emit = () => {}, signal?: AbortSignal) =>
  generate(lab, { ...DEFAULT_GENERATION, wire: 'f32', ranks: 2, ...change }, emit, signal);

test('both models, side by side, continue the prompt as PyTorch does', async () => {
  const report = JSON.parse(await readFile('public/models/reference/report.json', 'utf8'));
  const texts: string[] = [];
  let steps = 0;
  const { results } = await run({ tokens: 8, chunk: 3 }, (event) => {
    if (event.kind === 'written' && event.result.connectivity === 'farskip')
      texts.push(event.result.continuations[0]!.text);
    if (event.kind === 'spans') steps++;
  });
  expect(results[0]!.continuations[0]!.ids).toEqual(report.greedy_regular.ids.slice(8, 16));
  expect(results[1]!.continuations[0]!.ids).toEqual(report.greedy_farskip.ids.slice(8, 16));
  const [{ ttftMs, tbtMs, steps: own }] = results as [(typeof results)[number]];
  // Three steps for the eight tokens of the prompt, of which the last brings the first token.
  expect(own.map(({ tokens }) => tokens)).toEqual([3, 3, 2, ...new Array(7).fill(1)]);
  expect(own.filter(({ prefill }) => prefill)).toHaveLength(3);
  expect(steps).toBe(2 * 10);
  expect(texts).toHaveLength(10);
  expect(ttftMs).toBeCloseTo(
    own.slice(0, 3).reduce((sum, { wallMs }) => sum + wallMs, 0),
    6,
  );
  expect(results[0]!.continuations[0]!.gapsMs).toHaveLength(7);
  // Written once more without a trace, to the same tokens, or it would have thrown.
  for (const { untracedTbtMs } of results) expect(untracedTbtMs!.median).toBeGreaterThan(0);
  const walls = own.slice(3).map(({ wallMs }) => wallMs);
  expect(tbtMs).toEqual({ ...estimate(walls), p95: quantile(walls, 0.95) });
});

test('on one device, too, texts are written once more, each step ahead of the last token, and draw by a seed', async () => {
  const drawn = async (seed: number) => {
    const { results } = await run({
      ranks: 1,
      connectivity: ['farskip'],
      prompts: ['Alice', 'The rabbit ran'],
      tokens: 5,
      chunk: 16,
      stopAtEnd: false,
      sampling: { temperature: 1.2, topK: 40, topP: 0.95 },
      seed,
    });
    expect(results[0]!.untracedTbtMs!.median).toBeGreaterThan(0);
    return results[0]!.continuations.map(({ ids }) => ids);
  };
  const ids = await drawn(3);
  expect(ids.map((own) => own.length)).toEqual([5, 5]);
  expect(await drawn(3)).toEqual(ids);
  expect(await drawn(4)).not.toEqual(ids);
});

const step = (wallMs: number, tokens = 2, prefill = false): StepResult => ({
  tokens,
  prefill,
  wallMs,
  hidden: 0.5,
  numbers: {
    boundMs: wallMs / 2,
    hiddenBound: 0.75,
    boundBroken: false,
    categories: { kernel: wallMs, peer: 0, copy: 0, waiting: 0, 'launch gap': 0, host: 0, end: 0, unknown: 0 },
    ratioReached: 0.5,
  },
});

test('a decoding step is one sample; steps with prompt tokens are apart, and pairs are of as many tokens', () => {
  const first = [step(90, 8, true), ...[10, 12, 14, 16, 18, 20].map((ms) => step(ms))];
  const other = [step(40, 8, true), ...[5, 4, 7, 8, 6, 5].map((ms) => step(ms)), step(1, 1)];
  expect(betweenTokensOf(first)).toEqual({ median: 15, low: 10, high: 20, p95: 19.5 });
  expect(betweenTokensOf(first.slice(0, 6))).toMatchObject({ median: 14, low: null, high: null });
  expect(betweenTokensOf(first.slice(0, 1))).toBeNull();
  expect(decodingOf(other, first)).toMatchObject({
    steps: 7,
    hidden: { median: 0.5 },
    hiddenBound: { median: 0.75 },
    categories: { kernel: 36 / 7 },
    // 10/5, 12/4, 14/7, 16/8, 18/6, 20/5; the last has no other of as many tokens.
    speedup: { median: 2.5, low: 2, high: 4 },
  });
  expect(decodingOf(first.slice(0, 1), first)).toBeNull();
});

test('a decoder that was rewound gives the bits of a new one', async () => {
  const model = await deploy(lab, await openCheckpoint(within(lab.source, 'models/reference')), {
    kind: 'ep',
    ranks: 2,
  });
  const decoder = await createDecoder(lab, model, tableOf('farskip', model.checkpoint.spec), {
    sequences: 2,
    capacity: 6,
    schedule: 'overlapped',
    cost: () => 1,
    topology: null,
  });
  const written = async () => [await decoder.step([[5, 6, 7], [8]]), await decoder.step([[9], [10]])];
  const bits = async () => (await written()).flatMap(({ logits }) => logits.map((own) => [...own!]));
  const fresh = await bits();
  await decoder.step([[11], [12]]);
  decoder.rewind();
  expect(decoder.lengths()).toEqual([0, 0]);
  await decoder.step([
    [1, 2, 3, 4, 5],
    [4, 3, 2, 1, 0, 9],
  ]);
  decoder.rewind();
  expect(await bits()).toEqual(fresh);
  decoder.destroy();
  model.cluster.destroy();
});

test('a request is continued in a batch as it is alone, and draws by a seed', async () => {
  const prompts = ['Alice was', 'It was the white whale, and the captain', 'Emma'];
  const change = { connectivity: ['farskip'], tokens: 4, sampling: { temperature: 0.8, topK: 50, topP: 0.95 } };
  const together = (await run({ ...change, prompts, chunk: 4 })).results[0]!;
  for (const [i, prompt] of prompts.entries()) {
    const alone = (await run({ ...change, prompts: [prompt], seed: DEFAULT_GENERATION.seed + i })).results[0]!;
    expect(together.continuations[i]!.ids).toEqual(alone.continuations[0]!.ids);
  }
});

test('a stop ends it with what there is', async () => {
  const stop = new AbortController();
  const { results } = await run(
    { tokens: 50 },
    (event) => {
      if (event.kind === 'progress' && event.doing.phase === 'generating' && event.doing.step === 3) stop.abort();
    },
    stop.signal,
  );
  for (const { continuations } of results) {
    expect(continuations[0]!.ended).toBe('stopped');
    expect(continuations[0]!.ids.length).toBeGreaterThan(0);
    expect(continuations[0]!.ids.length).toBeLessThan(6);
  }
});

test('a page that is hidden while it writes is told', async () => {
  const { manifest } = await run({ tokens: 3, connectivity: ['farskip'] }, (event) => {
    if (event.kind === 'written') lab.incidents.tell({ kind: 'hidden', at: performance.now() });
  });
  lab.incidents.tell({ kind: 'visible', at: performance.now() });
  expect(manifest.disturbances).toContainEqual({ kind: 'hidden', ms: expect.any(Number) });
});

test('an untrained model is drawn on the device, the same over any number of devices', async () => {
  const change = { model: 'deepseek-v2-lite-7.5m', connectivity: ['regular'], tokens: 2 };
  const [two, four] = [await run({ ...change, ranks: 2 }), await run({ ...change, ranks: 4 })];
  expect(two.madeFor).toEqual([]);
  expect(two.results[0]!.continuations[0]!.ids).toEqual(four.results[0]!.continuations[0]!.ids);
});

/** The reference model with some files of others beside it, or without one that it has. */
const beside = (files: Readonly<Record<string, string | null>>): Lab => {
  const source = within(lab.source, 'models/reference');
  const dropped: Source = {
    ...source,
    async open(path) {
      const text = files[path];
      if (text === undefined) return source.open(path);
      return text === null ? null : filesSource([new File([text], path)]).open(path);
    },
  };
  return { ...lab, dropped };
};
const FEW = {
  ...DEFAULT_GENERATION,
  model: 'files',
  wire: 'f32',
  ranks: 2,
  connectivity: ['regular'],
  tokens: 4,
} as const;

test('token ids are continued as their text is; without a tokenizer, and then into ids', async () => {
  const report = JSON.parse(await readFile('public/models/reference/report.json', 'utf8'));
  const [ids, next] = [report.greedy_regular.ids.slice(0, 8), report.greedy_regular.ids.slice(8, 12)];
  const settings = { ...FEW, prompts: [ids.join(', ')], promptAs: 'ids' } as const;
  for (const files of [{}, { 'tokenizer.json': null }]) {
    const [result] = (await generate(beside(files), settings, () => {})).results;
    expect(result!.continuations[0]!.ids).toEqual(next);
    if ('tokenizer.json' in files) expect(result!.continuations[0]!.text).toBe(next.join(','));
  }
  const others = await generate(beside({ 'tokenizer.json': null }), { ...settings, tokens: 1, others: 1 }, () => {});
  expect(others.results[0]!.promptTokens).toEqual([8, 8]);
});

test('text without a tokenizer is refused, with what is there and what would do', async () => {
  const text = (files: Readonly<Record<string, string | null>>) => generate(beside(files), FEW, () => {});
  await expect(text({ 'tokenizer.json': null })).rejects.toThrow(/has no tokenizer.json, .*--ids 1,2,3/);
  await expect(text({ 'tokenizer.json': null, 'tiktoken.model': '' })).rejects.toThrow(
    /has tiktoken.model but no tokenizer.json, .*--ids 1,2,3/,
  );
});

test('a prompt has the first token that tokenizer_config.json says, or is put into its chat template', async () => {
  const config = JSON.stringify({
    tokenizer_class: 'LlamaTokenizerFast',
    add_bos_token: true,
    bos_token: '<|end|>',
    chat_template: '{{ bos_token }}User: {{ messages[0].content }}',
  });
  const [plain] = (await generate(beside({ 'tokenizer_config.json': config }), { ...FEW, tokens: 1 }, () => {}))
    .results;
  expect(plain!.promptTokens).toEqual([9]);
  const asked = { ...FEW, tokens: 1, prompts: ['Alice'], promptAs: 'chat' } as const;
  const chat = (files: Readonly<Record<string, string>>) =>
    generate(beside({ 'tokenizer_config.json': config, ...files }), asked, () => {});
  const [own] = (await chat({})).results;
  const [other] = (await chat({ 'chat_template.jinja': 'User: {{ messages[0].content }}' })).results;
  expect(own!.promptTokens[0]).toBe(other!.promptTokens[0]! + 1);
  await expect(chat({ 'chat_template.jinja': '{{ raise_exception("No user here") }}' })).rejects.toThrow(
    /chat template can't be rendered: No user here/,
  );
  await expect(chat({ 'chat_template.jinja': 'version https://git-lfs.github.com/spec/v1' })).rejects.toThrow(
    /chat_template.jinja is a Git LFS pointer, not a chat template; run git lfs pull/,
  );
});

test.each([
  [{ prompts: [''] }, /The prompt is empty/],
  [{ tokens: 2000 }, /have 2007 tokens, but the model reads at most 1024/],
  [{ model: 'gpt' }, /There is no model gpt/],
  [{ model: 'files' }, /No files were handed over/],
  [{ model: 'models/nowhere' }, /nowhere\/config.json can't be read/],
  [{ promptAs: 'chat' }, /The checkpoint has no chat template/],
  [{ promptAs: 'ids' }, /Token ids are whole numbers with commas between/],
  [{ promptAs: 'ids', prompts: ['1,5000'] }, /Token 5000 is outside the model's vocabulary of 1024/],
  [{ balanced: true }, /for untrained models only/],
  [{ ranks: 3 }, /16 experts can't be spread evenly over 3/],
  [{ topology: { nodes: 2, between: { gbps: 1, us: 1 }, jitter: 0, slow: null } }, /need a bandwidth within the nodes/],
])('%j is refused in a sentence', async (change, sentence) => {
  await expect(run(change as Partial<GenerateSettings>)).rejects.toThrow(sentence);
});
