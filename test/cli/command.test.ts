import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { expect, test } from 'vitest';
import { holisticDefault } from '../trace/holistic_default';
import { lab } from './built_command';

test('generate continues a prompt by its own connectivity and writes what it measured as JSON', async () => {
  const report = JSON.parse(readFileSync('public/models/reference/report.json', 'utf8'));
  const file = join(mkdtempSync(join(tmpdir(), 'generate-')), 'g.json');
  const args = [
    'public/models/reference-farskip',
    '--prompt',
    'Alice was beginning to',
    '--tokens',
    '6',
    '--ranks',
    '2',
    '--schedule',
    'blocking,overlapped',
  ];
  const { code, out } = await lab('generate', ...args, '--gpu', 'swiftshader', '--json', file);
  expect(code).toBe(0);
  expect(out).toMatch(/Alice was beginning to\| see the/);
  expect(out).toMatch(/^config × overlapped +[\d.]+ +[\d.]+ +[\d.]+ +5 +/m);
  const { manifest, results } = JSON.parse(readFileSync(file, 'utf8'));
  const schedule = ['blocking', 'overlapped'];
  expect(manifest.settings).toMatchObject({ connectivity: ['config'], schedule, tokens: 6 });
  const [{ requests, ttft_ms, tbt_ms, decoding, steps }, other] = results;
  expect(other.requests[0].ids).toEqual(requests[0].ids);
  expect(other.decoding.speedup.median).toBeGreaterThan(0);
  expect(requests[0].ids).toEqual(report.greedy_farskip.ids.slice(8, 14));
  expect(requests[0].gaps_ms).toHaveLength(5);
  expect(ttft_ms).toBeGreaterThan(0);
  const walls = steps.slice(1).map((step: { wall_ms: number }) => step.wall_ms);
  expect(tbt_ms.median).toBe(median(walls));
  expect(decoding).toMatchObject({ steps: 5, speedup: { median: 1, low: null }, bound_broken: 0 });
  expect(steps.map(({ tokens }: { tokens: number }) => tokens)).toEqual([8, 1, 1, 1, 1, 1]);
});

test('check fails when a value is off', async () => {
  const from = 'test/oracle/fixtures/qwen3_moe';
  const dir = mkdtempSync(join(tmpdir(), 'check-'));
  for (const name of ['config.json', 'model.safetensors', 'regular.json'])
    writeFileSync(join(dir, name), readFileSync(join(from, name)));
  const expected = readFileSync(join(from, 'expected.regular.safetensors'));
  const header = JSON.parse(expected.subarray(8, 8 + Number(expected.readBigUInt64LE())).toString());
  const at = 8 + Number(expected.readBigUInt64LE()) + header.loss.data_offsets[0];
  expected.writeFloatLE(expected.readFloatLE(at) * 1.01, at);
  writeFileSync(join(dir, 'expected.regular.safetensors'), expected);
  const { code, out } = await lab('check', dir, '--runtime', 'node');
  expect(out).toMatch(/loss +failed +9\.90e-3/);
  expect(code).toBe(1);
});

test('measure writes what it measured as JSON', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'measure-')), 'm.json');
  const args = [
    '--connectivity',
    'farskip',
    '--schedule',
    'overlapped',
    '--ranks',
    '2',
    '--sweep',
    'tokens=4,8',
    '--link',
    '5,10',
    '--repeats',
    '6',
  ];
  const folder = file.replace('m.json', 'ranks');
  const traces = ['--trace', file, '--trace-ranks', folder];
  const { code, out } = await lab('measure', ...args, '--gpu', 'swiftshader', '--json', file, ...traces);
  expect(code).toBe(0);
  expect(out).toMatch(/farskip × overlapped/);
  expect(out).toMatch(/Two devices on this GPU/);
  const overlap = await lab('overlap', file.replace('m.json', 'm.2.farskip-overlapped.json'));
  expect(overlap.out).toMatch(/hidden, mean over ranks: [01]\.\d{3}/);
  expect(readdirSync(folder).sort()).toEqual(['1.farskip-overlapped', '2.farskip-overlapped']);
  const ranks = join(folder, '2.farskip-overlapped');
  expect(readdirSync(ranks).sort()).toEqual(['rank0.json', 'rank1.json']);
  const counted = holisticDefault(readdirSync(ranks).map((name) => readFileSync(join(ranks, name), 'utf8')));
  for (const [rank, share] of counted) {
    const row = overlap.out.split('\n').find((line) => line.startsWith(`${rank} `))!;
    // Its collectives take some tens of µs, and the files have whole ones.
    expect(share).toBeCloseTo(Number(row.trim().split(/ +/).at(-1)), 1);
  }
  const points = JSON.parse(readFileSync(file, 'utf8'));
  expect(points.map((point: { tokens_per_rank: number }) => point.tokens_per_rank)).toEqual([4, 8]);
  const { manifest, link, results } = points[1];
  expect(manifest).toMatchObject({
    settings: { ranks: 2, tokens: 8 },
    adapter: expect.stringMatching(/swiftshader/i),
    commit: expect.any(String),
  });
  expect(link).toEqual({ gbps: 5, us: 10, dilation: 2 });
  expect(results).toHaveLength(1);
  const [r] = results;
  for (const key of ['wall_ms', 'compute_ms', 'comm_ms']) {
    expect(r[key].low).toBeGreaterThan(0);
    expect(r[key].low).toBeLessThanOrEqual(r[key].median);
    expect(r[key].median).toBeLessThanOrEqual(r[key].high);
  }
  expect(r.hidden).toBeGreaterThanOrEqual(0);
  expect(r.hidden).toBeLessThanOrEqual(1);
  expect(r.bound_ms.median).toBeGreaterThan(0);
  expect(r.logits_sha256).toMatch(/^[0-9a-f]{64}$/);
});

// Most of the time goes to starting Node.
test.concurrent.each([
  [['measure', '--ranks', 'four'], /ranks.*whole number/],
  [['measure', '--link', 'fast'], /GBPS,US .*, ratio:R .*, native or none/],
  [['measure', '--link', 'native'], /The native link is the way between separate devices/],
  [['measure', '--parallel', 'pp'], /Allowed choices are ep, tp/],
  [['measure', '--slow', '3'], /RANK,TIMES/],
  [['measure', '--sweep', 'layers=1,2'], /tokens=…, ranks=… or ratio=…/],
  [['overlap', 'package.json'], /not a Chrome trace/],
  [['overlap', 'kernels'], /The folder kernels has no traces/],
  [['overlap', 'nowhere'], /There is no file nowhere/],
  [['overlap', 'test/trace/fixtures/two_ranks.json', '--comm', '('], /is not a regular expression/],
  [['compare', 'package.json', 'nowhere'], /not a Chrome trace/],
  [['measure', '--model', 'gpt'], /setting model can't be used/],
  [['measure', '--gpu', 'abacus'], /swiftshader, hardware/],
  [['measure', '--sideways'], /unknown option '--sideways'/],
  [['check', 'test'], /test is not a checkpoint folder: it has no config.json/],
  [['eval', 'public/models/reference', '--val', 'nowhere'], /There is no file nowhere/],
  [['evaluate', 'public/models/reference'], /Say what is asked: --val FILE, --data WHAT or --tasks ITEMS/],
  [['evaluate', 'reference', '--tasks', '0'], /setting tasks.items can't be used/],
  [['evaluate', 'reference', '--data', 'book'], /There is no file book/],
  [['train', 'reference'], /Say what is learnt from: --data books, tasks, books\+tasks, or a text file/],
  [['train', 'reference', '--recipe', 'sgd'], /There is no recipe sgd; there are regular, farskip, fcsd/],
  [['train', 'reference', '--recipe', 'last:9'], /last:9 asks for 9 layers, but the model has 5/],
  [['train', 'reference', '--data', 'tasks', '--resume', 'test'], /There is no file .*training.safetensors/],
  [['train', 'reference', '--data', 'tasks', '--save-every', '5'], /--save-every needs --out/],
  [['train', 'reference', '--data', 'tasks', '--out', 'package.json'], /package.json is a file; give a folder/],
  [['distill', 'reference', '--data', 'tasks', '--fresh'], /Fresh weights are no teacher/],
  [['generate', 'public/models/reference'], /setting prompts can't be used: at least one prompt is needed/],
  [['generate', 'gpt', '--prompt', 'a'], /setting model can't be used: it should be one of reference, /],
  [['generate', 'public/models/reference', '--prompt', 'a', '--top-p', '2'], /setting sampling.topP/],
  [['generate', 'test', '--prompt', 'a'], /test is not a checkpoint folder: it has no config.json/],
  [['generate', 'package.json', '--prompt', 'a'], /package.json is a file; give the folder of the checkpoint/],
  [['measure', '--model', 'public/models/reference/config.json'], /config.json is a file; give the folder/],
  [['measure', '--model', '/nonexistent'], /There is no folder \/nonexistent/],
  [['program', 'package.json'], /package.json is a file; give the folder of the checkpoint/],
  [['check', '/nonexistent'], /There is no folder \/nonexistent/],
  [['eval', 'public/models/reference', '--val', 'test'], /test is a folder; give a file in it/],
  [['eval', 'public/models/reference', '--val', 'package.json'], /package.json is a JSON file, not a safetensors file/],
  [['measure', '--json', '/nonexistent/m.json'], /m.json can't be written: there is no folder \/nonexistent/],
  [['measure', '--save', 'test'], /test is a folder; give the name of a file/],
  [['generate', 'reference', '--prompt', 'a', '--ids', '1'], /--ids stands in the place of --prompt/],
  [['generate', 'reference', '--prompt', 'a', '--chat'], /The checkpoint has no chat template/],
  [['juggle'], /unknown command 'juggle'/],
])('%j is one line and exit 2', async (args, sentence) => {
  const { code, err } = await lab(
    ...args,
    ...(args[1] === '--gpu' || ['juggle', 'overlap', 'compare', 'program'].includes(args[0]!)
      ? []
      : ['--runtime', 'node']),
  );
  expect(code).toBe(2);
  expect(err.trim()).toMatch(sentence);
  expect(
    err
      .trim()
      .split('\n')
      .filter((line) => !/Vulkan|BackendVk/.test(line)),
  ).toHaveLength(1);
});
