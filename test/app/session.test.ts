import { expect, test } from 'vitest';
import { DEFAULT_FORM } from '../../src/app/state/form';
import { nearestRecorded } from '../../src/app/state/nearest';
import { namesShown, type SessionRun, sessionRun, withRun } from '../../src/app/state/session';
import type { LabRun } from '../../src/lab/runs/lab_run';

const named = (id: string, name: string): SessionRun => {
  const run: LabRun = { id, name, machine: null, kind: 'trace', result: { ranks: 1, spans: [] } };
  return sessionRun(run, 'opened');
};
const namesOf = (...runs: readonly SessionRun[]) =>
  runs
    .reduce<SessionRun[]>((all, run) => withRun(all, run, ({ run: { name } }) => name), [])
    .map(({ run }) => run.name);

test('each run of a session has a name of its own', () => {
  expect(namesOf(named('a', 'x'), named('b', 'x'), named('c', 'x'), named('d', 'y'))).toEqual([
    'x',
    'x (2)',
    'x (3)',
    'y',
  ]);
  // Put on the list again it is the same run, and keeps its name.
  expect(namesOf(named('a', 'x'), named('b', 'y'), named('a', 'x'))).toEqual(['y', 'x']);
  const long = 'x'.repeat(200);
  expect(namesOf(named('a', long), named('b', long))[1]).toBe(`${'x'.repeat(196)} (2)`);
});

test('on show are runs that the view names; else the recorded one that came last; never what was only kept', () => {
  const opened = named('a', 'x');
  const kept = { ...named('b', 'y'), restored: true };
  const recorded = (id: string): SessionRun => ({ ...named(id, id), origin: 'recorded' });
  const shown = (runs: readonly SessionRun[], ...tracks: readonly string[]) => namesShown(runs, tracks);
  expect(shown([kept, opened], 'b/numbers')).toEqual(['b/numbers']);
  expect(shown([kept, opened])).toEqual(['a/numbers']);
  expect(shown([kept])).toEqual([]);
  expect(shown([recorded('r'), opened, kept])).toEqual(['r/numbers']);
  // A link whose run is not here: what was brought in its place.
  expect(shown([recorded('r'), opened, recorded('s')], 'gone/numbers')).toEqual(['s/numbers']);
});

test('in place of a run that is not here is the recorded one most like the settings, by their ratio', () => {
  const like = (change: Partial<typeof DEFAULT_FORM>) => nearestRecorded({ ...DEFAULT_FORM, ...change });
  const ratio = (own: number) => ({ link: { kind: 'ratio', ratio: own } }) as const;
  expect(like({ ranks: 2, ...ratio(0.5) })).toBe('deepseek-v2-lite-960m-2-0.5');
  expect(like({ ranks: 16, ...ratio(30) })).toBe('deepseek-v2-lite-960m-8-2');
  expect(like({ model: 'qwen3-30b-a3b-69m', ranks: 4, ...ratio(0.3) })).toBe('qwen3-30b-a3b-470m-4-0.25');
  expect(like({ parallel: 'tp' })).toBe('tp');
  expect(like({ sweep: { over: 'ratio', values: [1, 2] } })).toBe('sweep-ep');
  expect(like({ task: 'generate' })).toBe('decode');
});
