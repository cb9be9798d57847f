import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { overlapOf } from '../../src/trace/overlap';
import { toRankTraces } from '../../src/trace/rank_traces';
import type { Span } from '../../src/trace/span';
import { collective, compute, message } from '../spans';
import { holisticDefault } from './holistic_default';
import { spansOf } from './read_texts';

type Event = {
  readonly ph: string;
  readonly cat?: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
};
const eventsOf = (text: string) => (JSON.parse(text) as { traceEvents: Event[] }).traceEvents;
/** Long enough, in ms, that a microsecond is less than a thousandth of a collective. */
const lengths = fc.array(fc.double({ min: 2, max: 6, noNaN: true }), { minLength: 12, maxLength: 24 });

/**
 * A rank's run: kernels one after the other, and a collective in the time of every third; if it blocks, before that
 * instead. Everything takes `times` as long.
 */
function runOf(rank: number, ranks: number, drawn: readonly number[], blocking: boolean, times: number): Span[] {
  let at = 0;
  return drawn.flatMap((length, i): Span[] => {
    const start = at;
    const isAwaited = ranks > 1 && i % 3 === 0;
    const [long, wire] = [times * length, times * drawn[(i + 1) % drawn.length]!];
    const from = start + (blocking && isAwaited ? wire : 0);
    at = from + long;
    const kernel = compute(rank, from, at, { op: 2 * i, submitted: i % 2 === 0 ? start - 0.1 : null });
    const to = (rank + 1) % ranks;
    if (!isAwaited) return [kernel];
    const begins = blocking ? start : start + long / 3;
    return [
      kernel,
      collective(2 * i + 1, rank, begins, begins + wire),
      message(2 * i + 1, rank, to, begins, begins + wire),
    ];
  });
}

const ranked = (ranks: number, blocking: boolean, slow: number) =>
  fc
    .array(lengths, { minLength: ranks, maxLength: ranks })
    .map((all) => all.flatMap((drawn, rank) => runOf(rank, ranks, drawn, blocking, rank === ranks - 1 ? slow : 1)));

test.each([
  [1, 'balanced', 1],
  ...[2, 4, 8].flatMap((ranks) => [[ranks, 'balanced', 1] as const, [ranks, 'with a straggler', 6] as const]),
] as const)('HolisticTraceAnalysis finds what lies hidden on each of %i ranks, %s', (ranks, _, slow) => {
  fc.assert(
    fc.property(
      fc.boolean().chain((blocking) => ranked(ranks, blocking, slow).map((spans) => ({ blocking, spans }))),
      ({ blocking, spans }) => {
        const found = holisticDefault(toRankTraces(spans, ranks));
        expect([...found.keys()].sort()).toEqual(Array.from({ length: ranks }, (_, rank) => rank));
        for (const [rank, share] of found) {
          const { hiddenMs, commMs } = overlapOf(spans, rank);
          if (ranks === 1) expect(share).toBeNaN();
          else if (blocking) expect(share).toBe(0);
          else expect(Math.abs(share - hiddenMs / commMs)).toBeLessThan(1e-3);
        }
      },
    ),
    { numRuns: 10 },
  );
});

test('a trace of two ranks, opened and written a file a rank, has what is hidden on each', async () => {
  const text = readFileSync('test/trace/fixtures/two_ranks.json', 'utf8');
  const { spans, ranks } = await spansOf({ 'two_ranks.json': text });
  expect(holisticDefault(toRankTraces(spans, ranks))).toEqual(
    new Map([
      [0, 0.5],
      [1, 0],
    ]),
  );
  // All ranks in one file are one to it.
  expect(holisticDefault([text])).toEqual(new Map([[0, 1]]));
});

test('nothing overlaps in a thread, every event of a stream has a launch, and all launches are in the one step', () => {
  fc.assert(
    fc.property(ranked(3, false, 2), (spans) => {
      for (const text of toRankTraces(spans, 3)) {
        const events = eventsOf(text).filter(({ ph }) => ph === 'X');
        for (const thread of new Set(events.map(({ pid, tid }) => `${pid} ${tid}`))) {
          const own = events.filter(({ pid, tid }) => `${pid} ${tid}` === thread).toSorted((a, b) => a.ts - b.ts);
          own.slice(1).forEach((event, i) => {
            expect(event.ts).toBeGreaterThanOrEqual(own[i]!.ts + own[i]!.dur);
          });
        }
        const [step, ...others] = events.filter(({ name }) => name.startsWith('ProfilerStep'));
        expect(others).toEqual([]);
        const launches = events.filter(({ cat }) => cat === 'cuda_runtime');
        for (const { ts } of launches) expect(ts >= step!.ts && ts < step!.ts + step!.dur).toBe(true);
        const launchOf = new Map(launches.map(({ args, ts }) => [args.correlation, ts]));
        for (const { ts, args } of events.filter(({ args }) => args.stream !== undefined))
          expect(launchOf.get(args.correlation)).toBeLessThanOrEqual(ts);
      }
    }),
    { numRuns: 10 },
  );
});

test('files of all ranks are read back as the run, its times to the microsecond', async () => {
  const [spans] = fc.sample(ranked(2, false, 3), { numRuns: 1, seed: 1 });
  const files = Object.fromEntries(toRankTraces(spans!, 2).map((text, rank) => [`rank${rank}.json`, text]));
  const { spans: again, ranks } = await spansOf(files);
  expect(ranks).toBe(2);
  const told = (list: readonly Span[]) =>
    list.map(({ kind, op, rank, name, block, layer }) => `${kind} ${op} ${rank} ${name} ${block} ${layer}`).sort();
  expect(told(again)).toEqual(told(spans!));
  for (const rank of [0, 1])
    for (const key of ['computeMs', 'commMs', 'hiddenMs'] as const)
      expect(overlapOf(again, rank)[key]).toBeCloseTo(overlapOf(spans!, rank)[key], 1);
});

test('collectives say what PyTorch’s profiler does, as far as it is known', () => {
  // Three ranks, parts of 8, 8 and 4 bytes; what a rank sends of them and receives, direct or round a ring.
  const gather = { name: 'All-gather', block: 'all-reduce' };
  const scatter = { name: 'Reduce-scatter', block: 'all-reduce' };
  const reduce = { name: 'All-reduce', block: 'all-reduce' };
  const spans = [0, 1, 2].flatMap((rank) => {
    const own = [8, 8, 4][rank]!;
    const next = [8, 4, 8][rank]!;
    return [
      collective(1, rank, 0, 1, { sentBytes: 12, receivedBytes: 20 }),
      collective(2, rank, 1, 2, { ...gather, sentBytes: 20 - next, receivedBytes: 20 - own }),
      collective(3, rank, 2, 3, { ...scatter, sentBytes: 20 - own, receivedBytes: 2 * own }),
      collective(4, rank, 3, 4, { ...reduce, sentBytes: 16, receivedBytes: 16 }),
      collective(5, rank, 4, 5, { name: 'broadcast', layer: null }),
    ];
  });
  const of = (wire: 'bf16' | null, rank: number) =>
    eventsOf(toRankTraces(spans, 3, { wire, otherData: {} })[rank]!).filter(({ name }) => name.startsWith('nccl'));
  expect(of('bf16', 2).map(({ name }) => name)).toEqual([
    'ncclDevKernel_SendRecv(Dispatch layer 0)',
    'ncclDevKernel_AllGather(All-gather layer 0)',
    'ncclDevKernel_ReduceScatter(Reduce-scatter layer 0)',
    'ncclDevKernel_AllReduce(All-reduce layer 0)',
    'ncclDevKernel(broadcast)',
  ]);
  const sizes = of('bf16', 2).map(({ args }) => [
    args['Collective name'],
    args['In msg nelems'],
    args['Out msg nelems'],
  ]);
  expect(sizes).toEqual([
    ['all_to_allv', 6, 10],
    ['_allgather_base', 2, 10],
    ['_reduce_scatter_base', 10, 2],
    ['allreduce', 4, 4],
    [undefined, undefined, undefined],
  ]);
  expect(of('bf16', 1)[0]!.args).toMatchObject({
    operation: 'Dispatch',
    dtype: 'BFloat16',
    'Group size': 3,
    'Process Group Name': '0',
    'Process Group Ranks': '[0, 1, 2]',
    Rank: 1,
  });
  for (const { args } of of(null, 0)) {
    expect(args).not.toHaveProperty('dtype');
    expect(args).not.toHaveProperty('In msg nelems');
  }
});
