import { expect, test } from 'vitest';
import type { Doing } from '../../src/lab/experiments/experiment';
import { type Pace, paceAfter, remainingMs } from '../../src/lab/experiments/pace';

const told = (phase: 'loading' | 'working', done: number, total: number) => ({
  doing: (phase === 'loading' ? { phase, connectivity: null } : { phase }) as Doing,
  done,
  total,
  part: null,
});

test('the time left is said from the pace of the steps alone, wherever they begin', () => {
  const events = [
    { at: 1000, ...told('loading', 5e6, 1e7) },
    { at: 9000, ...told('working', 2, 22) },
    { at: 9500, ...told('working', 3, 22) },
    // Between steps, a model of another size.
    { at: 9700, ...told('loading', 1, 4) },
    { at: 11_000, ...told('working', 6, 22) },
  ];
  const left: (number | null)[] = [];
  let pace: Pace | null = null;
  for (const { at, ...event } of events) {
    pace = paceAfter(pace, event, at);
    left.push(pace && remainingMs(pace, at));
  }
  // Half a second a step: of 20 steps 19 are left, then 16.
  expect(left).toEqual([null, null, 9500, 9500 + 200 * 19, 8000]);
  expect(remainingMs(paceAfter(pace, told('working', 22, 22), 20_000)!, 20_000)).toBeNull();
});

test('steps of another total begin anew', () => {
  const warming = paceAfter(null, told('working', 1, 2), 0);
  const begun = paceAfter(warming, told('working', 0, 100), 5000)!;
  expect(remainingMs(begun, 5000)).toBeNull();
  expect(remainingMs(paceAfter(begun, told('working', 10, 100), 6000)!, 6000)).toBe(9000);
});
