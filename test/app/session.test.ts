import { expect, test } from 'vitest';
import { type SessionRun, sessionRun, withRun } from '../../src/app/state/session';
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
