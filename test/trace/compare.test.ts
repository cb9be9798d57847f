import { expect, test } from 'vitest';
import { type Comparison, compareByTime, compareInOrder, type Difference } from '../../src/trace/compare';
import { spansOf } from './read_texts';

type Event = readonly [name: string, ts: number, dur: number, pid?: number];
const read = async (events: readonly Event[]) => {
  const traceEvents = events.map(([name, ts, dur, pid = 0]) => ({
    ph: 'X',
    cat: 'kernel',
    name,
    pid,
    tid: 7,
    ts,
    dur,
  }));
  return (await spansOf({ a: JSON.stringify({ traceEvents }) })).spans;
};
const told = (list: readonly Difference[]) =>
  list.map(({ name, first, second }) => [
    name,
    ...[first.count, first.ms, second.count, second.ms].map((value) => Number(value.toFixed(6))),
  ]);
const both = ({ kinds, exposed }: Comparison) => [told(kinds), told(exposed)];

const SENDS = 'ncclDevKernel_SendRecv(ncclDevKernelArgsStorage<4096ul>)';
/** Half of what is sent lies under a kernel; then all of it. */
const BEFORE: readonly Event[] = [
  ['sgemm', 0, 100],
  [SENDS, 50, 100],
  ['rms_norm', 150, 10],
];
const AFTER: readonly Event[] = [
  ['sgemm', 0, 120],
  [SENDS, 10, 80],
  ['flash_fwd', 120, 5],
  ['rms_norm', 130, 10],
];

test('two runs by time: each kind of kernel, and what of each collective is exposed', async () => {
  expect(both(compareByTime(await read(BEFORE), await read(AFTER)))).toEqual([
    [
      ['matrix product', 1, 0.1, 1, 0.12],
      ['norm', 1, 0.01, 1, 0.01],
      ['attention', 0, 0, 1, 0.005],
    ],
    [['SendRecv', 1, 0.05, 1, 0]],
  ]);
});

test('two runs by their kernels in order: what only one has stands apart', async () => {
  const compared = compareInOrder(await read([...BEFORE, ['memset', 200, 7]]), await read(AFTER))!;
  expect(both(compared)).toEqual([
    [
      ['matrix product', 1, 0.1, 1, 0.12],
      ['norm', 1, 0.01, 1, 0.01],
    ],
    [['SendRecv', 1, 0.05, 1, 0]],
  ]);
  expect(told(compared.onlyFirst)).toEqual([['memory', 1, 0.007, 0, 0]]);
  expect(told(compared.onlySecond)).toEqual([['attention', 0, 0, 1, 0.005]]);
});

test('times are means over the ranks, and ranks that one run lacks are not matched', async () => {
  const two = await read([...BEFORE, ...BEFORE.map(([name, ts, dur]): Event => [name, ts, 3 * dur, 1])]);
  const one = await read(BEFORE);
  expect(told(compareByTime(two, one).kinds)[0]).toEqual(['matrix product', 1, 0.2, 1, 0.1]);
  expect(told(compareInOrder(two, one)!.kinds)[0]).toEqual(['matrix product', 1, 0.1, 1, 0.1]);
});

test('runs of different programs are not matched', async () => {
  const of = (letter: string) => Array.from({ length: 2001 }, (_, i): Event => [`${letter}${i}`, i, 1]);
  expect(compareInOrder(await read(of('a')), await read(of('b')))).toBeNull();
});

test('runs that have no rank in common are not matched', async () => {
  const later = BEFORE.map(([name, ts, dur]): Event => [name, ts, dur, 1]);
  const onlySecond = (await read([...BEFORE, ...later])).filter((span) => span.rank === 1);
  expect(compareInOrder(await read(BEFORE), onlySecond)).toBeNull();
});
