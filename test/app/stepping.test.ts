import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sessionRun, tracksOfRun } from '../../src/app/state/session';
import { comparedIn, firstLook, lookKept, stepped, tracksFor } from '../../src/app/state/stepping';
import { DEFAULT_VIEW } from '../../src/app/state/view';
import { openRecorded } from '../../src/lab/runs/open_recorded';
import { FIRST_RECORDED, GRID, gridPointOf } from '../../src/lab/runs/recorded';
import { layerStartsOf } from '../../src/trace/layers';
import { textOf } from '../../src/words/bytes_of';

const read = async (path: string) => textOf(path, new Blob([await readFile(`public/${path}`)]));
const session = sessionRun(await openRecorded(FIRST_RECORDED, read), 'recorded');
const named = (...keys: string[]) => keys.map((key) => `${FIRST_RECORDED}/${key}`);

test('a run is shown under one schedule on both sides, and each step changes one thing', () => {
  const names = tracksOfRun(session);
  expect(names).toEqual(named('regular-overlapped', 'farskip-overlapped'));
  const compared = comparedIn(session, names)!;
  expect(compared).toMatchObject({ schedules: ['blocking', 'overlapped'], schedule: 'overlapped', withOther: true });
  const { id } = session.run;
  const shown = (change: object) => tracksFor(id, session.tracks, { ...compared, ...change });
  expect(shown({})).toEqual(names);
  expect(shown({ schedule: 'blocking' })).toEqual(named('regular-blocking', 'farskip-blocking'));
  expect(shown({ withOther: false })).toEqual(named('regular-overlapped'));
  expect(comparedIn(session, shown({ withOther: false }))).toMatchObject({ withOther: false, schedule: 'overlapped' });
});

test('where no two are of one schedule, the first and the last are shown; of one, that', () => {
  const some = (...keys: string[]) => ({ ...session, tracks: session.tracks.filter(({ key }) => keys.includes(key)) });
  expect(tracksOfRun(some('regular-blocking', 'farskip-overlapped'))).toEqual(
    named('regular-blocking', 'farskip-overlapped'),
  );
  expect(tracksOfRun(some('farskip-blocking'))).toEqual(named('farskip-blocking'));
  expect(comparedIn(some('regular-blocking', 'regular-overlapped'), named('regular-blocking'))).toBeNull();
});

test('steps go through the grid, and end where it does', () => {
  const first = gridPointOf(FIRST_RECORDED)!;
  let ratios: number[] = [];
  for (let at = { ...first, ratio: 0.1 } as typeof first | null; at; at = stepped(at, 'ratio', 1))
    ratios = [...ratios, at.ratio];
  expect(ratios).toEqual(GRID.ratio);
  expect(stepped({ ...first, ranks: 2 }, 'ranks', -1)).toBeNull();
  expect(stepped(first, 'ranks', 1)).toEqual({ ...first, ranks: 8 });
});

test('the first look is at three layers, aligned, and the first device open', () => {
  const { from, to, align, collapsed } = firstLook(session, tracksOfRun(session));
  expect([align, collapsed]).toEqual(['layer', [1, 2, 3]]);
  // Layers 12 to 14, which last as long as in the slower run.
  const starts = layerStartsOf(session.tracks[1]!.spans);
  const length = starts[15]!.at - starts[12]!.at;
  expect(to! - from!).toBeGreaterThanOrEqual(length);
  expect(to! - from!).toBeLessThan(1.1 * length);
  expect(firstLook(session, [])).toEqual({ align: 'layer', from: null, to: null, collapsed: [] });
});

test('layers in view and folded devices stay so; another axis is shown whole', async () => {
  const wide = sessionRun(await openRecorded('deepseek-v2-lite-960m-8-0.5', read), 'recorded');
  const shown = tracksOfRun(wide);
  const opened = { ...DEFAULT_VIEW, ...firstLook(session, tracksOfRun(session)) };
  const { align: _, ...look } = firstLook(wide, shown);
  expect(lookKept(opened, session, wide, shown)).toEqual(look);
  expect(look.collapsed).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const byTime = { ...opened, align: 'time', collapsed: [2] } as const;
  expect(lookKept(byTime, session, wide, shown)).toEqual({ from: null, to: null, collapsed: [2] });
});
