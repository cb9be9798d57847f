import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPause } from '../../src/cluster/pause';
import { untilAlone } from '../../src/lab/engine/alone';
import { disturbedBy } from '../../src/lab/experiments/disturbed';
import { stalledSteps } from '../../src/lab/experiments/generation/stalled_steps';
import { disturbancesIn, type Incident, stallsIn } from '../../src/lab/setup/disturbance';
import { createIncidents, createWatch } from '../../src/lab/setup/watch';
import { english } from '../../src/words/phrase';

const combination = { connectivity: 'farskip', schedule: 'overlapped' } as const;

/** The page turns hidden and visible at these times, in turn. */
const turns = (...times: readonly number[]): Incident[] =>
  times.map((at, i) => ({ kind: i % 2 ? 'visible' : 'hidden', at }));
const [ONE, OTHER] = [
  { from: 0, to: 100 },
  { from: 200, to: 300 },
];

test.each([
  ['never', [], [ONE], 0],
  ['before', turns(-50, -10), [ONE], 0],
  ['until within', turns(-50, 10), [ONE], 10],
  ['from within on', turns(70), [ONE], 30],
  ['all along', turns(-50), [ONE, OTHER], 200],
  ['between two parts', turns(120, 180), [ONE, OTHER], 0],
  ['from one part to the other', turns(90, 220), [ONE, OTHER], 30],
  ['twice', turns(10, 30, 40, 60), [ONE], 40],
  ['as it was told twice', [...turns(10), ...turns(20, 40)], [ONE], 30],
])('hidden %s', (_, incidents, measured, ms) => {
  expect(disturbancesIn(incidents, measured)).toEqual(ms > 0 ? [{ kind: 'hidden', ms }] : []);
});

test('timers that came late while it measured are counted, with the latest; others are not', () => {
  const late = (at: number, ms: number): Incident => ({ kind: 'late', at, ms });
  const measured = [{ from: 1000, to: 2000 }];
  expect(disturbancesIn([late(900, 800), late(1500, 300), late(2300, 400), late(2900, 500)], measured)).toEqual([
    { kind: 'throttled', timers: 2, lateMs: 400 },
  ]);
  expect(disturbancesIn([late(900, 800)], measured)).toEqual([]);
});

test.each([
  ['even', [10, 10, 11, 10], []],
  ['too few to say', [10, 90], []],
  ['long, but by less than 5 ms', [1, 1, 1, 5], []],
  ['longer, but by less than half', [100, 100, 140, 100], []],
  ['one', [100, 100, 160, 100], [1, 160]],
  ['several', [10, 40, 10, 10, 90], [2, 90]],
])('walls that are %s', (_, walls, told) => {
  const [count, longestMs] = told;
  const sorted = walls.toSorted((a, b) => a - b);
  const medianMs = (sorted[Math.ceil(walls.length / 2) - 1]! + sorted[Math.floor(walls.length / 2)]!) / 2;
  expect(stallsIn(combination, 'repeat', walls)).toEqual(
    told.length === 0
      ? []
      : [{ kind: 'stalled', ...combination, unit: 'repeat', count, of: walls.length, longestMs, medianMs }],
  );
});

test('never does a half of the runs stall, and the order of runs says nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.1, max: 1000, noNaN: true }), { maxLength: 30 }), (walls) => {
      const [stall] = stallsIn(combination, 'repeat', walls);
      expect(stallsIn(combination, 'repeat', walls.toReversed())).toEqual(stall ? [stall] : []);
      if (stall) expect(2 * stall.count).toBeLessThanOrEqual(walls.length);
    }),
  );
});

test('a step is compared with those of as many tokens, but for the first', () => {
  const step = (tokens: number, prefill: boolean, wallMs: number) => ({ tokens, prefill, wallMs, hidden: null });
  const result = (walls: readonly number[]) => ({
    ...combination,
    promptTokens: [4],
    prompts: ['a'],
    continuations: [],
    ttftMs: null,
    tbtMs: null,
    cacheBytes: 0,
    // Prompts take longer than tokens.
    steps: [step(4, true, 500), ...walls.map((wallMs) => step(1, false, wallMs))],
  });
  expect(stalledSteps(result([90, 10, 11, 12]))).toEqual([]);
  expect(stalledSteps(result([10, 10, 60, 12]))).toEqual([
    { kind: 'stalled', ...combination, unit: 'step', count: 1, of: 3, longestMs: 60, medianMs: 12 },
  ]);
});

test('each disturbance is a sentence', () => {
  expect(
    [
      { kind: 'hidden', ms: 40 } as const,
      { kind: 'throttled', timers: 1, lateMs: 812.4 } as const,
      { kind: 'throttled', timers: 3, lateMs: 812.4 } as const,
      { kind: 'stalled', ...combination, unit: 'repeat', count: 1, of: 6, longestMs: 60, medianMs: 12 } as const,
    ].map((own) => english(disturbedBy(own))),
  ).toEqual([
    'The page was hidden for 0.1 s of the measurement: browsers slow such pages down.',
    'A wait ended 812 ms late: the browser held it back, or the machine was busy.',
    '3 waits ended late, by up to 812 ms: the browser held them back, or the machine was busy.',
    'FarSkip, overlapped: 1 of 6 repeats stalled: 60.0 ms at most, with a median of 12.0 ms.',
  ]);
});

test('a watch tells what happened during its own work, a timer that was held back too', async () => {
  const incidents = createIncidents();
  const watch = createWatch(incidents);
  const pause = createPause({} as never, (ms) => incidents.tell({ kind: 'late', at: performance.now(), ms }));
  const hold = async () => {
    const begin = performance.now();
    // It waits for a timer at once.
    const until = pause.until(begin + 20, () => false);
    while (performance.now() - begin < 350);
    await until;
  };
  await hold();
  expect(incidents.all()).toHaveLength(1);
  expect(watch.disturbances()).toEqual([]);
  incidents.tell({ kind: 'hidden', at: performance.now() });
  await watch.during(hold);
  pause.close();
  const [hidden, throttled] = watch.disturbances();
  expect(hidden).toEqual({ kind: 'hidden', ms: expect.any(Number) });
  expect(throttled).toEqual({ kind: 'throttled', timers: 1, lateMs: expect.any(Number) });
  expect(hidden?.kind === 'hidden' && hidden.ms).toBeGreaterThan(349);
});

/** Locks of one name, as a browser has them, as far as they are asked for here. */
function fakeLocks(): LockManager {
  const queue: (() => void)[] = [];
  let taken = false;
  const hold = async (callback: (lock: unknown) => unknown) => {
    taken = true;
    try {
      return await callback({});
    } finally {
      taken = false;
      queue.shift()?.();
    }
  };
  return {
    query: async () => ({}),
    request: async (_: string, options: LockOptions, callback: (lock: unknown) => unknown) => {
      if (!taken) return hold(callback);
      if (options.ifAvailable) return callback(null);
      await new Promise<void>((resolve, reject) => {
        queue.push(resolve);
        options.signal?.addEventListener('abort', () => {
          queue.splice(queue.indexOf(resolve), 1);
          reject(options.signal!.reason);
        });
      });
      return hold(callback);
    },
  } as unknown as LockManager;
}

test('the second to measure waits and says so; an abort ends its wait; what does not measure never waits', async () => {
  const locks = fakeLocks();
  const told: boolean[] = [];
  const ask = (signal = new AbortController().signal) =>
    untilAlone('measurement', locks, (waiting) => told.push(waiting), signal);
  const letGo = await ask();
  expect(told).toEqual([]);
  const stop = new AbortController();
  const stopped = ask(stop.signal);
  await expect.poll(() => told).toEqual([true]);
  stop.abort();
  await expect(stopped).rejects.toThrow(/abort/i);
  (await untilAlone('check', locks, () => told.push(true), stop.signal))();
  const denied = { request: () => Promise.reject(new DOMException('no', 'SecurityError')) } as unknown as LockManager;
  (await untilAlone('measurement', denied, () => told.push(true), stop.signal))();
  (await untilAlone('measurement', undefined, () => told.push(true), stop.signal))();
  const second = ask();
  await expect.poll(() => told).toEqual([true, true]);
  letGo();
  const letGoToo = await second;
  expect(told).toEqual([true, true, false]);
  letGoToo();
  // A browser, too, takes a moment to let it go.
  await new Promise((resolve) => setTimeout(resolve));
  (await ask())();
  expect(told).toEqual([true, true, false]);
});
