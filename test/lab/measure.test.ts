import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { measure } from '../../src/lab/experiments/measurement/measure';
import type { Measurement } from '../../src/lab/experiments/measurement/result';
import { DEFAULT_MEASUREMENT } from '../../src/lab/experiments/measurement/settings';
import { sweepExperiment } from '../../src/lab/experiments/sweep';
import type { Lab } from '../../src/lab/setup/lab';
import { sumOf } from '../../src/lab/statistics/numbers';
import { type Source, within } from '../../src/model/source';
import { lengthOf, merge } from '../../src/trace/intervals';
import { overlapOf } from '../../src/trace/overlap';
import type { Interval } from '../../src/trace/span';
import { toChromeTrace } from '../../src/trace/write_trace';
import { english } from '../../src/words/phrase';
import { openLab } from '../support';
import { holisticOverlap } from '../trace/holistic_reading';
import { spansOf } from '../trace/read_texts';
import { LEAST } from './least_run';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab('public');
});

test('a checkpoint without a tokenizer is measured with random tokens, and that is said', async () => {
  const source = within(lab.source, 'models/reference');
  const dropped: Source = {
    ...source,
    open: async (path) => (path === 'tokenizer.json' ? null : source.open(path)),
  };
  const remarks: string[] = [];
  const settings = {
    ...DEFAULT_MEASUREMENT,
    model: 'files:mine',
    prompt: 'Alice',
    connectivity: ['regular'],
    schedule: ['blocking'],
    ranks: 2,
    tokens: 8,
    repeats: 1,
    continuation: 2,
  } as const;
  const { promptTokens, results } = await measure({ ...lab, dropped }, settings, (event) => {
    if (event.kind === 'remark') remarks.push(english(event.remark));
  });
  expect(promptTokens).toBe(8);
  const { ids, text } = results[0]!.continuation!;
  expect(text).toBe(ids.join(','));
  expect(remarks).toEqual(['The checkpoint has no tokenizer.json: random tokens are measured.']);
});

describe('the reference model on two devices, communication half of computation', () => {
  let measured: Measurement;
  const of = (connectivity: string, schedule: string) =>
    measured.results.find((r) => r.connectivity === connectivity && r.schedule === schedule)!;
  beforeAll(async () => {
    measured = await measure(lab, { ...DEFAULT_MEASUREMENT, ranks: 2, tokens: 8, repeats: 1 }, () => {});
  });

  test('schedules give the same bits, connectivities do not', () => {
    for (const connectivity of ['regular', 'farskip'])
      expect(of(connectivity, 'blocking').logitsSha256).toBe(of(connectivity, 'overlapped').logitsSha256);
    expect(of('regular', 'blocking').logitsSha256).not.toBe(of('farskip', 'blocking').logitsSha256);
  });

  test('spans of a device follow one another and lie within the run', () => {
    for (const { spans, wallMs, clockErrorMs } of measured.results)
      for (let rank = 0; rank < 2; rank++) {
        const compute = spans
          .filter((span) => span.kind === 'compute' && span.rank === rank)
          .toSorted((a, b) => a.end - b.end);
        expect(compute.length).toBeGreaterThan(80);
        compute.slice(1).forEach((span, i) => {
          expect(span.start).toBeGreaterThanOrEqual(compute[i]!.end - 1e-6);
        });
        expect(compute[0]!.start).toBeGreaterThanOrEqual(-clockErrorMs!);
        expect(compute.at(-1)!.end).toBeLessThan(wallMs.median + clockErrorMs!);
      }
  });

  test('a trace of it, read by counting or read in again, has the overlap that its spans have', async () => {
    const { spans } = of('farskip', 'overlapped');
    const text = JSON.stringify(toChromeTrace(spans, 2));
    const counted = holisticOverlap(text);
    const again = (await spansOf({ trace: text })).spans;
    for (let rank = 0; rank < 2; rank++) {
      const { commMs, hiddenMs } = overlapOf(spans, rank);
      expect(Math.abs(counted.get(rank)! - hiddenMs / commMs)).toBeLessThan(1e-3);
      expect(overlapOf(again, rank).hiddenMs / overlapOf(again, rank).commMs).toBeCloseTo(hiddenMs / commMs, 3);
    }
  });

  test('by its trace alone no device computes longer than kernels ran on the GPU', () => {
    for (const { spans } of measured.results) {
      const { traceEvents } = JSON.parse(JSON.stringify(toChromeTrace(spans, 2))) as { traceEvents: TraceEvent[] };
      const kernels = traceEvents.filter(({ cat, name }) => cat === 'kernel' && !name.startsWith('nccl'));
      const turns = kernels.flatMap(({ args }): Interval[] =>
        args?.turn_us === undefined ? [] : [[args.turn_us, args.turn_us + args.gpu_us!]],
      );
      const busy = lengthOf(merge(turns));
      for (const rank of [0, 1]) {
        const own = kernels.filter(({ pid }) => pid === rank).map(({ ts, dur }): Interval => [ts, ts + dur]);
        expect(lengthOf(merge(own))).toBeGreaterThan(0);
        expect(lengthOf(merge(own))).toBeLessThanOrEqual(busy + 1e-3);
      }
    }
  });

  test('every millisecond has a category, no bound is broken, and what is paid is told by its parts', () => {
    for (const { wallMs, categories, boundBroken, boundMs, paid, imbalanceMs, ratioReached } of measured.results) {
      expect(sumOf(Object.values(categories!))).toBeCloseTo(wallMs.median, 6);
      expect(categories!.unknown).toBe(0);
      expect(boundBroken).toBe(0);
      expect(boundMs.median).toBeLessThanOrEqual(wallMs.median);
      // One run: the parts add up.
      expect(paid!.wireMs!.median + paid!.hostMs!.median).toBeCloseTo(paid!.ms.median, 6);
      expect(paid!.share!.median).toBeCloseTo(paid!.ms.median / measured.asked!.wireMs, 6);
      expect(imbalanceMs).not.toBeNull();
      expect(ratioReached!.median).toBeGreaterThan(0);
    }
    expect(measured.asked!.wireMs / measured.asked!.computeMs).toBeCloseTo(0.5, 2);
  });
});

type TraceEvent = {
  readonly cat?: string;
  readonly name: string;
  readonly pid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly turn_us?: number; readonly gpu_us?: number };
};

test('under tensor parallelism, too, schedules give the same bits', async () => {
  const settings = {
    ...DEFAULT_MEASUREMENT,
    parallel: 'tp' as const,
    connectivity: ['farskip' as const],
    ranks: 2,
    tokens: 4,
    repeats: 1,
  };
  const { results, allReduce } = await measure(lab, settings, () => {});
  expect(allReduce).toBe('direct');
  expect(results[1]!.logitsSha256).toBe(results[0]!.logitsSha256);
});

test('over devices of their own, what waits for a collective begins when the device has taken it in', async () => {
  const settings = {
    ...DEFAULT_MEASUREMENT,
    tokens: 8,
    ranks: 2,
    connectivity: ['farskip' as const],
    schedule: ['overlapped' as const],
  };
  const { results, link } = await measure(
    lab,
    { ...settings, repeats: 1, backing: 'separate', link: { kind: 'native' } },
    () => {},
  );
  expect(link).toBeNull();
  const { spans, clockErrorMs } = results[0]!;
  const awaited = spans.flatMap((span) => (span.kind === 'compute' && span.awaited ? [{ ...span.awaited, span }] : []));
  expect(awaited.length).toBeGreaterThan(20);
  for (const { op, at, span } of awaited) {
    const held = spans.find((each) => each.kind === 'collective' && each.op === op && each.rank === span.rank)!;
    expect(at).toBeCloseTo(held.end, 6);
    expect(span.end).toBeGreaterThan(held.end - clockErrorMs!);
  }
});

test.each(['ep', 'tp'] as const)(
  'without a wire (%s) the host hears of Dispatch alone; the rest is there when the GPU is done with it',
  async (parallel) => {
    const few = { tokens: 8, ranks: 2, connectivity: ['farskip'], schedule: ['overlapped'], repeats: 1 } as const;
    const settings = { ...DEFAULT_MEASUREMENT, ...few, parallel, link: { kind: 'none' } } as const;
    const { results, link, asked } = await measure(lab, settings, () => {});
    expect([link, asked]).toEqual([null, null]);
    for (const { spans, clockErrorMs, paid, boundMs, boundBroken, wallMs, hidden, exposures } of results) {
      expect(hidden).toBeNull();
      for (const { name, reason } of exposures) if (name !== 'Dispatch') expect(reason).toBeNull();
      const collectives = spans.filter((span) => span.kind === 'collective');
      const kernels = spans.filter((span) => span.kind === 'compute');
      expect(collectives.length).toBeGreaterThan(10);
      for (const { name, op, rank, start, end } of collectives) {
        if (name === 'Dispatch') expect(end).toBeGreaterThan(start);
        else expect(end).toBe(start);
        const awaiting = kernels.filter(({ awaited, rank: own }) => awaited?.op === op && own === rank);
        // By the GPU's stamps, but of what the host heard.
        const slack = name === 'Dispatch' ? clockErrorMs! : 1e-6;
        for (const kernel of awaiting) expect(kernel.turnAt).toBeGreaterThanOrEqual(end - slack);
      }
      expect(boundBroken).toBe(0);
      expect(boundMs.median).toBeLessThanOrEqual(wallMs.median);
      expect([paid!.wireMs, paid!.hostMs, paid!.share]).toEqual([null, null, null]);
    }
  },
);

test.each([
  [{ over: 'ranks', values: [2, 32] }, /The setting ranks can't be used: it should be at most 16/],
  [{ over: 'tokens', values: [16.5] }, /The setting tokens can't be used: it should be a whole number/],
  [{ over: 'ratio', values: [0.5, 150] }, /The setting link.ratio can't be used: it should be at most 100/],
] as const)('a sweep with a value that is none is refused before it begins: %j', async (sweep, sentence) => {
  const told: string[] = [];
  const running = sweepExperiment.run(lab, { ...DEFAULT_MEASUREMENT, sweep }, ({ kind }) => told.push(kind));
  await expect(running).rejects.toThrow(sentence);
  expect(told).toEqual([]);
});

test('a budget that the first run spends leaves one timing and one repeat of each combination', async () => {
  const phases: string[] = [];
  const settings = { ...LEAST, connectivity: ['regular', 'farskip'], repeats: 50, budget: 0.001 };
  const { repeats } = await measure(lab, settings, (event) => {
    if (event.kind === 'progress' && event.doing.phase !== 'loading') phases.push(event.doing.phase);
  });
  expect([repeats, phases]).toEqual([1, ['timing', 'timing', 'run', 'run']]);
});

test('a prompt is continued as PyTorch continues it, by the regular and by the converted model', async () => {
  const report = JSON.parse(await readFile('public/models/reference/report.json', 'utf8'));
  const settings = {
    ...DEFAULT_MEASUREMENT,
    prompt: 'Alice was beginning to',
    ranks: 1,
    link: { kind: 'speed' as const, gbps: 100, us: 1 },
    schedule: ['overlapped' as const],
    repeats: 1,
    continuation: 3,
  };
  const { results } = await measure(lab, settings, () => {});
  expect(results[0]!.continuation!.ids).toEqual(report.greedy_regular.ids.slice(8, 11));
  expect(results[1]!.continuation!.ids).toEqual(report.greedy_farskip.ids.slice(8, 11));
});

test.each([
  [{ prompt: 'again and '.repeat(2000), tokens: 4096 }, /has \d+ tokens, but the model reads at most 1024; shorten it/],
  [{ prompt: '' }, /The prompt is empty/],
  [{ ranks: 3 }, /16 experts can't be spread evenly over 3 devices/],
  [{ parallel: 'tp' as const, ranks: 16 }, /4 attention heads can't be spread evenly over 16 devices \(tp\)/],
  [{ topology: { nodes: 3, between: null, jitter: 0, slow: null } }, /4 devices can't be spread evenly over 3 nodes/],
  [{ topology: { nodes: 2, between: { gbps: 1, us: 1 }, jitter: 0, slow: null } }, /needs a bandwidth within them/],
  [
    { topology: { nodes: 1, between: null, jitter: 0, slow: { rank: 9, times: 2 } } },
    /There is no device 9 to be slow/,
  ],
  [{ link: { kind: 'native' as const } }, /set the backing to separate/],
  [
    { link: { kind: 'none' as const }, backing: 'separate' as const },
    /set the link to native, or the backing to shared/,
  ],
  [{ ranks: 1 }, /one device sends nothing; use more devices, or give a bandwidth/],
])('settings %j are refused in a sentence', async (change, sentence) => {
  await expect(measure(lab, { ...DEFAULT_MEASUREMENT, tokens: 4, ...change, repeats: 1 }, () => {})).rejects.toThrow(
    sentence,
  );
});

test('a run can be stopped, and the next one still works', async () => {
  const stop = new AbortController();
  const settings = { ...LEAST, repeats: 2 };
  let events = 0;
  const stopped = measure(lab, settings, () => ++events === 4 && stop.abort(), stop.signal);
  await expect(stopped).rejects.toThrow(/abort/i);
  const { results, repeats } = await measure(lab, settings, () => {});
  expect([results.length, repeats]).toEqual([1, 2]);
});
