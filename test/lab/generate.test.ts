import { readFile } from 'node:fs/promises';
import { median, quantile } from 'simple-statistics';
import { beforeAll, expect, test } from 'vitest';
import { tableOf } from '../../src/connectivity/methods';
import type { Emit } from '../../src/lab/experiments/experiment';
import { generate } from '../../src/lab/experiments/generation/generate';
import { DEFAULT_GENERATION, type GenerateSettings } from '../../src/lab/experiments/generation/settings';
import { createDecoder } from '../../src/lab/setup/decoder';
import { deploy, type Lab } from '../../src/lab/setup/lab';
import { openCheckpoint } from '../../src/model/checkpoint';
import { within } from '../../src/model/source';
import { INSTANT_TOPOLOGY } from '../../src/network/topology';
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
  const { results } = await run({ tokens: 12, chunk: 3 }, (event) => {
    if (event.kind === 'written' && event.result.connectivity === 'farskip')
      texts.push(event.result.continuations[0]!.text);
    if (event.kind === 'spans') steps++;
  });
  expect(results[0]!.continuations[0]!.ids).toEqual(report.greedy_regular.ids.slice(8, 20));
  expect(results[1]!.continuations[0]!.ids).toEqual(report.greedy_farskip.ids.slice(8, 20));
  const [{ ttftMs, tbtMs, steps: own }] = results as [(typeof results)[number]];
  // Three steps for the eight tokens of the prompt, of which the last brings the first token.
  expect(own.map(({ tokens }) => tokens)).toEqual([3, 3, 2, ...new Array(11).fill(1)]);
  expect(own.filter(({ prefill }) => prefill)).toHaveLength(3);
  expect(steps).toBe(2 * 14);
  expect(texts).toHaveLength(14);
  expect(ttftMs).toBeCloseTo(
    own.slice(0, 3).reduce((sum, { wallMs }) => sum + wallMs, 0),
    6,
  );
  const { gapsMs } = results[0]!.continuations[0]!;
  expect(gapsMs).toHaveLength(11);
  expect(tbtMs).toEqual({ median: median(gapsMs), p95: quantile(gapsMs, 0.95) });
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
    topology: INSTANT_TOPOLOGY,
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

test.each([
  [{ prompts: [''] }, /The prompt is empty/],
  [{ tokens: 2000 }, /have 2007 tokens, but the model reads at most 1024/],
  [{ model: 'gpt' }, /There is no model gpt/],
  [{ model: 'files' }, /No files were handed over/],
  [{ model: 'models/nowhere' }, /nowhere\/tokenizer.json can't be read/],
  [{ balanced: true }, /for untrained models only/],
  [{ ranks: 3 }, /16 experts can't be spread evenly over 3/],
  [{ topology: { nodes: 2, between: { gbps: 1, us: 1 }, jitter: 0, slow: null } }, /need a bandwidth within the nodes/],
])('%j is refused in a sentence', async (change, sentence) => {
  await expect(run(change)).rejects.toThrow(sentence);
});
