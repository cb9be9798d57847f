import { expect, test } from 'vitest';
import type { Lane } from '../../src/cluster/lane';
import { createRecorder } from '../../src/cluster/recorder';
import { spansOfRun } from '../../src/cluster/run_spans';
import { type Announced, createSending } from '../../src/cluster/sending';
import type { Values } from '../../src/cluster/values';
import { INSTANT } from '../../src/network/link';
import { createTransfers } from '../../src/network/transfers';
import type { Compute, Program } from '../../src/program/program';
import { allGather, ONE_ROW } from '../network/collectives';

const op = { ...allGather('direct'), id: 4, name: 'All-gather' };
const PROGRAM = { exchanges: new Map(), values: new Map() } as unknown as Program;

/**
 * What two ranks of one lane announce whose kernel the GPU stamped as done at `written`, and the host hears of at 17.
 */
async function announcedOf(written: number | undefined): Promise<Announced[]> {
  const lane = {
    ranks: [0, 1],
    read: async () => ({ parts: [], release: () => {}, at: 17 }),
    writtenAt: () => written,
  } as unknown as Lane;
  const values = { rangeOf: () => ({ bytes: 4 }) } as unknown as Values;
  const announced: Announced[] = [];
  const fail = (cause: unknown) => {
    throw cause;
  };
  const copyOf = () => {
    throw new Error('nothing is copied');
  };
  createSending(PROGRAM, [lane], copyOf, [values, values], (own) => announced.push(own), fail).start(op, false);
  await Promise.resolve();
  await Promise.resolve();
  return announced;
}

test('a part could leave when the GPU had written it, whenever the host hears of that; without stamps, then', async () => {
  const common = { op, at: 17, counts: null };
  expect(await announcedOf(10)).toEqual([0, 1].map((rank) => ({ ...common, rank, readyAt: 10 })));
  expect(await announcedOf(undefined)).toEqual([0, 1].map((rank) => ({ ...common, rank, readyAt: 17 })));
});

test('collectives begin when their part could leave, messages with them, and what the host held up is the host’s', () => {
  const transfers = createTransfers(2, () => ({ latencyMs: 1, bytesPerMs: 2 }), ONE_ROW);
  // Rank 0 was ready at 10 and the host knew at once; rank 1 at 12, of which the host heard at 20.
  transfers.announce(0, op, { readyAt: 10, at: 10 }, null);
  transfers.announce(1, op, { readyAt: 12, at: 20 }, null);
  transfers.deliver(100);
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 2, 0);
  const spans = spansOfRun([{ recorder } as unknown as Lane], transfers, 8);
  const common = { op: 4, name: 'All-gather', block: 'all-reduce', phase: 'forward', layer: 0 };
  // Four bytes take 2 ms and 1 of latency. Times are since 8.
  expect(spans).toEqual([
    { kind: 'collective', ...common, rank: 0, start: 2, end: 12, source: 'host', sentBytes: 4, receivedBytes: 4 },
    { kind: 'collective', ...common, rank: 1, start: 4, end: 12, source: 'host', sentBytes: 4, receivedBytes: 4 },
    {
      kind: 'message',
      ...common,
      rank: 0,
      to: 1,
      start: 2,
      end: 5,
      source: 'emulated',
      bytes: 4,
      due: 5,
      portMs: 2,
    },
    { kind: 'message', ...common, rank: 1, to: 0, start: 4, end: 12, source: 'host', bytes: 4, due: 7, portMs: 2 },
  ]);
});

test('what is announced ahead takes no time, at the stamp of its kernel; what follows is not held up by a step of the clock', () => {
  const transfers = createTransfers(2, () => INSTANT, ONE_ROW);
  const kernel = { rank: 0, flops: null, apart: null };
  const compute = {
    id: 7,
    name: 'k',
    kernel: 'add',
    block: 'residual',
    phase: 'forward',
    layer: 0,
  } as unknown as Compute;
  // Stamps in steps of 65.536 µs.
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 65_536n }, 1, 0);
  recorder.add({ ...kernel, op: { ...compute, id: 6 }, awaited: null });
  recorder.add({ ...kernel, op: compute, awaited: op });
  recorder.seal();
  recorder.submitted(0);
  const stampedAt = () => recorder.passes[0]!.ran?.end;
  const lane = { recorder, stampedAt } as unknown as Lane;
  expect(transfers.announceAhead(op, 0.001)).toBe(true);
  // Nobody knows yet when it was.
  expect(spansOfRun([lane], transfers, 0)).toEqual([]);
  recorder.known(0, 9);
  recorder.timestamps(0, BigUint64Array.from([1n, 11n, 11n, 31n].map((steps) => 65_536n * steps)));
  const spans = spansOfRun([lane], transfers, 0);
  const [first, second] = spans.filter(({ kind }) => kind === 'compute');
  expect(second!.start).toBeCloseTo(first!.end, 9);
  const passed = spans.filter(({ kind }) => kind === 'collective' || kind === 'message');
  expect(passed).toHaveLength(4);
  for (const { start, end, source } of passed) {
    expect([start, end]).toEqual([first!.end, first!.end]);
    expect(source).toBe('emulated');
  }
});
