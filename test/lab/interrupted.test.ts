import { describe, expect, test, vi } from 'vitest';
import { measureJson, measureTable, sweepJson } from '../../src/cli/report';
import { Endless, runJob } from '../../src/lab/engine/job';
import { earlyGeneration, earlyMeasurement, earlySweep } from '../../src/lab/experiments/ended';
import type { Doing } from '../../src/lab/experiments/experiment';
import type { ExperimentId, ResultOf } from '../../src/lab/experiments/experiments';
import { DEFAULT_GENERATION } from '../../src/lab/experiments/generation/settings';
import { DEFAULT_MEASUREMENT } from '../../src/lab/experiments/measurement/settings';
import { newRun } from '../../src/lab/runs/lab_run';
import { parseRunFile, toRunFile } from '../../src/lab/runs/run_file';
import type { Lab } from '../../src/lab/setup/lab';
import { english } from '../../src/words/phrase';
import { openLab } from '../support';

/** One device of its own, which is not run without a wire besides; a prompt of a few tokens, two combinations. */
const LEAST = {
  ...DEFAULT_MEASUREMENT,
  ranks: 1,
  backing: 'separate',
  link: { kind: 'native' },
  connectivity: ['farskip'],
  repeats: 5,
  continuation: 2,
  prompt: 'Alice',
};

type Kind = 'stopped' | 'lost';

/** Does a job that is interrupted as soon as it tells what `when` answers true for. */
async function interrupted<Id extends ExperimentId>(
  lab: Lab,
  experiment: Id,
  settings: unknown,
  when: (doing: Doing, part: number) => boolean,
  interrupt: (stop: AbortController) => void,
): Promise<ResultOf<Id>> {
  const stop = new AbortController();
  let done = false;
  const result = runJob(
    lab,
    { experiment, settings },
    (event) => {
      if (done || event.kind !== 'progress' || !when(event.doing, event.part?.number ?? 1)) return;
      done = true;
      interrupt(stop);
    },
    stop.signal,
  );
  return result.finally(() => expect(done).toBe(true));
}
const endBy = (kind: Kind, lab: Lab) => (stop: AbortController) =>
  kind === 'stopped' ? stop.abort() : lab.engine.gpu.device.destroy();
const SENTENCES = { stopped: /abort/i, lost: /^The GPU device was lost \(.+\); press Run to open it again\.$/ };
const KINDS: Kind[] = ['stopped', 'lost'];
const inRun =
  (run: number, schedule = 'blocking') =>
  (doing: Doing) =>
    doing.phase === 'run' && doing.run === run && doing.schedule === schedule;

describe.each(KINDS)('%s', (kind) => {
  test.each(['loading', 'warm-up'] as const)('while %s: nothing is kept', async (phase) => {
    const lab = await openLab('public');
    const job = interrupted(lab, 'measurement', LEAST, (doing) => doing.phase === phase, endBy(kind, lab));
    await expect(job).rejects.toThrow(SENTENCES[kind]);
  });

  test('in a repeat: those before it are kept, and say so', async () => {
    const lab = await openLab('public');
    // Every other repeat begins with the last combination: it has run a second time, the first one has not.
    const result = await interrupted(lab, 'measurement', LEAST, inRun(2), endBy(kind, lab));
    expect(result.ended).toEqual({ kind, asked: 5 });
    expect(result.repeats).toBe(1);
    for (const { wallMs, speedup, spans, continuation } of result.results) {
      expect([wallMs.median > 0, speedup.median > 0, spans.length > 50, continuation]).toEqual([
        true,
        true,
        true,
        null,
      ]);
    }
    const said = { stopped: 'Stopped after 1 of 5 repeats.', lost: 'The GPU was lost after 1 of 5 repeats.' }[kind];
    expect(english(earlyMeasurement(result)!)).toBe(said);
    expect(measureTable(result)).toContain(`\n${said}\n`);
    expect(measureJson(result).ended).toEqual({ kind, asked: 5 });
    const run = newRun({ kind: 'measurement', result }, 'cut short');
    const again = parseRunFile('it', toRunFile(run));
    expect(again.kind === 'measurement' && again.result.ended).toEqual({ kind, asked: 5 });
  });

  test('in a sweep: complete points are kept, and complete repeats of the one under way', async () => {
    const lab = await openLab('public');
    const one = { ...LEAST, schedule: ['overlapped'], repeats: 2, continuation: 0 };
    const settings = { ...one, sweep: { over: 'tokens', values: [1, 2, 3] } };
    const inSecond = (doing: Doing, part: number) => part === 2 && inRun(2, 'overlapped')(doing);
    const result = await interrupted(lab, 'sweep', settings, inSecond, endBy(kind, lab));
    expect(result.points.map(({ measurement: { repeats, ended } }) => [repeats, ended])).toEqual([
      [2, undefined],
      [1, { kind, asked: 2 }],
    ]);
    expect(english(earlySweep(result)!)).toMatch(/after 1 of 3 points\.$/);
    expect(sweepJson([], result.ended)).toEqual([]);
  });

  test('in a generation: the tokens that were written are kept', async () => {
    const lab = await openLab('public');
    const settings = { ...DEFAULT_GENERATION, connectivity: ['farskip'], ranks: 1, tokens: 400 };
    const inStep = (doing: Doing) => doing.phase === 'generating' && doing.step > 2;
    const result = await interrupted(lab, 'generation', settings, inStep, endBy(kind, lab));
    const written = result.results[0]!.continuations[0]!.ids.length;
    expect(written).toBeGreaterThan(1);
    expect(english(earlyGeneration(result)!)).toContain(`after ${written} of 400 tokens.`);
  });
});

test('a stop while the prompt is continued keeps all repeats', async () => {
  const lab = await openLab('public');
  const stop = new AbortController();
  let last = false;
  const { ended, repeats, results } = await runJob(
    lab,
    { experiment: 'measurement', settings: { ...LEAST, schedule: ['blocking'], repeats: 2, continuation: 200 } },
    (event) => {
      if (event.kind === 'progress' && event.doing.phase === 'run') last = event.doing.run === 2;
      // After its last run there is nothing more but to continue.
      if (event.kind === 'spans' && last) setTimeout(() => stop.abort(), 200);
    },
    stop.signal,
  );
  expect([repeats, ended, results[0]!.continuation]).toEqual([2, { kind: 'stopped', asked: 2 }, null]);
});

/** A lab whose further devices are collected in `devices`. */
function withDevicesSeen(lab: Lab, devices: GPUDevice[]): Lab {
  const bound = <T extends object>(target: T, own: Partial<T>): T =>
    new Proxy(target, {
      get(_, key) {
        const value = Reflect.get(key in own ? own : target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const { gpu } = lab.engine;
  const instance = bound(gpu.instance, {
    async requestAdapter(options) {
      const adapter = (await gpu.instance.requestAdapter(options))!;
      return bound(adapter, {
        async requestDevice(descriptor) {
          const device = await adapter.requestDevice(descriptor);
          devices.push(device);
          return device;
        },
      });
    },
  });
  return { ...lab, engine: { ...lab.engine, gpu: { ...gpu, instance } } };
}

test.each([
  ['warm-up', (doing: Doing) => doing.phase === 'warm-up', null],
  ['a repeat', inRun(3, 'overlapped'), { ended: { kind: 'lost', asked: 5 }, repeats: 2 }],
] as const)(
  'the loss of another device of the separate backing, in %s, is the loss of the GPU',
  async (_, when, kept) => {
    const devices: GPUDevice[] = [];
    const lab = withDevicesSeen(await openLab('public'), devices);
    const settings = { ...LEAST, ranks: 2, schedule: ['overlapped'] };
    const job = interrupted(lab, 'measurement', settings, when, () => devices[0]!.destroy());
    if (!kept) await expect(job).rejects.toThrow(SENTENCES.lost);
    else expect(await job).toMatchObject(kept);
  },
);

test('a run over a link so slow that it would take minutes is stopped at once', async () => {
  const lab = await openLab('public');
  const settings = { ...LEAST, ranks: 2, backing: 'shared', link: { kind: 'speed', gbps: 1e-6, us: 1 } };
  let at = 0;
  const job = interrupted(
    lab,
    'measurement',
    settings,
    (doing) => doing.phase === 'warm-up',
    (stop) =>
      setTimeout(() => {
        at = performance.now();
        stop.abort();
      }, 500),
  );
  await expect(job).rejects.toThrow(SENTENCES.stopped);
  expect(performance.now() - at).toBeLessThan(1000);
});

test('a job that does not end when it is stopped is given up', async () => {
  const lab = await openLab('public');
  const silent = { ...lab, source: { ...lab.source, open: () => new Promise<never>(() => {}) } };
  const stop = new AbortController();
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    const job = runJob(silent, { experiment: 'measurement', settings: LEAST }, () => {}, stop.signal);
    const given = expect(job).rejects.toBeInstanceOf(Endless);
    stop.abort();
    await vi.advanceTimersByTimeAsync(5000);
    await given;
  } finally {
    vi.useRealTimers();
  }
});
