import { bindProgram, type Executable } from '../../../cluster/executable';
import type { Feed } from '../../../cluster/feed';
import type { KernelsApart, RunResult } from '../../../cluster/run_contract';
import type { Connectivity } from '../../../connectivity/connectivity';
import type { Engine } from '../../../gpu/engine';
import type { Checkpoint } from '../../../model/checkpoint';
import { type Plan, tokensOfRank } from '../../../model/plan';
import { INSTANT } from '../../../network/link';
import { lowerPass } from '../../../program/lower_pass';
import type { Spread } from '../../../program/program';
import type { ChosenModel } from '../../setup/choose_model';
import { connectivityOf } from '../../setup/find_model';
import { checkSequences } from '../../setup/forward';
import { type Deployed, deploy, type Lab } from '../../setup/lab';
import { stepFeeds } from '../../setup/training_feeds';
import { tuneCalls } from '../../setup/tuning';
import type { Watch } from '../../setup/watch';
import { type Doing, type Emit, tellRemark } from '../experiment';
import { allReduceOf, topologyOf } from '../wire_settings';
import { type Calibration, calibrationOf, delayFor } from './calibration';
import { areCoarse, sharesIn, timeKernels } from './kernel_times';
import type { MeasureSettings } from './settings';

/** A connectivity ready to run on the cluster, and what each operation takes over an instant wire, or without one. */
export type Subject = {
  readonly connectivity: string;
  readonly table: Connectivity;
  readonly model: Deployed;
  readonly allReduce: Spread['algorithm'];
  readonly executable: Executable;
  readonly feeds: readonly Feed[];
  readonly calibration: Calibration;
  /** What its kernels take; null without timestamps. */
  readonly apart: KernelsApart | null;
};

/** What subjects are made from. `opened` collects what is to be freed, also when making one fails. */
export type Stage = {
  readonly lab: Lab;
  readonly settings: MeasureSettings;
  readonly plan: Plan;
  readonly chosen: ChosenModel;
  readonly engines: readonly Engine[];
  /** A sequence a rank. */
  readonly batch: readonly (readonly number[])[];
  readonly opened: { readonly models: Map<Checkpoint, Deployed>; readonly executables: Executable[] };
  readonly watch: Watch;
  /** Tells what begins, and how many passes through the model it takes. */
  readonly progress: (doing: Doing, passes: number) => void;
  readonly emit: Emit;
  /** Of a stop, or a lost GPU. */
  readonly signal: AbortSignal;
};

/** Whether so much time was spent on measuring that no more is begun than is needed. */
export const isSpent = ({ settings, watch }: Stage): boolean => watch.measuredMs() > 1000 * settings.budget;

/** Whether times of its kernels are known only from runs in which they were timed apart. */
export const isCalibrated = ({ apart }: Pick<Subject, 'apart'>): boolean => apart?.lengths === 'calibrated';

export const CALIBRATIONS = 3;
/** Of so many runs the medians say what kernels take of passes that they share. */
const SHARES = 3;
/** How long a GPU is kept busy before anything counts. */
export const WARM_MS = 1500;

/**
 * Throws InputError when the model does not fit. Kernels are timed apart where those of the first subject are: a
 * measurement has times of one kind.
 */
export async function prepareSubject(stage: Stage, connectivity: string, first?: Subject): Promise<Subject> {
  const { settings, plan, batch } = stage;
  const model = await deployed(stage, connectivity);
  const { spec } = model.checkpoint;
  // Under a ratio both ways take the same time, whatever their bytes, and through the host nothing is gained by a ring:
  // the one of fewer steps.
  const speed = settings.link.kind === 'speed' ? settings.link : null;
  const topology = topologyOf(settings, speed, settings.dilate ?? settings.ranks);
  const allReduce = allReduceOf(settings, topology, batch.length * batch[0]!.length, spec.hidden);
  const table = connectivityOf(connectivity, model.checkpoint);
  const { pass, wire, recompute, sharded } = settings;
  const tokens = tokensOfRank(plan, batch.length * batch[0]!.length);
  const program = lowerPass(pass, spec, table, { plan, wire, allReduce, recompute, sharded, tokens });
  const executable = await bindProgram(model.cluster, program);
  stage.opened.executables.push(executable);
  const feeds = stepFeeds(spec, plan, batch);
  // A training step holds much more than the model: better refused than begun.
  if (settings.pass !== 'forward')
    await executable.predict(
      executable.schedule('blocking', () => 1),
      feeds,
    );
  const { runs, delayed, apart } = await stage.watch.during(() =>
    runsWithoutWire(stage, connectivity, executable, feeds, first),
  );
  const calibration = calibrationOf(runs, plan.ranks, delayed);
  return { connectivity, table, model, allReduce, executable, feeds, calibration, apart };
}

/** The checkpoint that runs of a connectivity use, on the ranks; connectivities may share one. */
async function deployed(stage: Stage, connectivity: string): Promise<Deployed> {
  const { lab, plan, chosen, engines, batch, opened, emit, signal } = stage;
  const checkpoint = await chosen.checkpointOf(connectivity);
  const known = opened.models.get(checkpoint);
  if (known) return known;
  checkSequences(checkpoint.spec, batch);
  tellRemark(checkpoint, emit);
  const onProgress = (done: number, total: number) =>
    emit({ kind: 'progress', doing: { phase: 'loading', connectivity: null }, done, total, part: null });
  const model = await deploy(lab, checkpoint, plan, { engines, onProgress, signal });
  opened.models.set(checkpoint, model);
  return model;
}

/** Finds the best variants for what ran, before anything is measured. */
const tuned = ({ lab, engines, emit, signal }: Stage, executable: Executable): Promise<number> =>
  tuneCalls(
    lab,
    engines,
    executable.calls(),
    (done, total) => emit({ kind: 'progress', doing: { phase: 'tuning' }, done, total, part: null }),
    signal,
  );

async function runsWithoutWire(
  stage: Stage,
  connectivity: string,
  executable: Executable,
  feeds: readonly Feed[],
  first: Subject | undefined,
): Promise<{ readonly runs: RunResult[]; readonly delayed: RunResult[] | null; readonly apart: KernelsApart | null }> {
  const { lab, progress, signal } = stage;
  const orders = executable.schedule('blocking', () => 1);
  const linkBetween = stage.settings.link.kind === 'none' ? null : () => INSTANT;
  const options = { linkBetween, pause: lab.pause, signal };
  // A GPU comes to its speed within some runs: those before count for nothing.
  const warmUntil = performance.now() + WARM_MS;
  await executable.run(orders, feeds, options);
  // Once, so that the variants of what is measured first do not change.
  if (!first) await tuned(stage, executable);
  let warm: RunResult[] = [];
  do warm = [...warm, await executable.run(orders, feeds, options)].slice(-SHARES);
  while (performance.now() < warmUntil && !isSpent(stage));
  const last = warm.at(-1)!;
  const coarse = first ? isCalibrated(first) : areCoarse(last);
  const apart = coarse
    ? await timeKernels(last.resolutionMs, (timesOf) => executable.run(orders, feeds, { ...options, timesOf }))
    : sharesIn(warm);
  const runs: RunResult[] = [];
  while (runs.length === 0 || (runs.length < CALIBRATIONS && !isSpent(stage))) {
    progress({ phase: 'timing', connectivity }, 1);
    runs.push(await executable.run(orders, feeds, { ...options, ...(apart && { apart }) }));
  }
  if (linkBetween === null) return { runs, delayed: null, apart };
  const link = { latencyMs: delayFor(runs), bytesPerMs: Number.POSITIVE_INFINITY };
  // Through the host bytes take longer than that anyway.
  const delayed =
    isSpent(stage) || stage.settings.backing === 'separate'
      ? []
      : [await executable.run(orders, feeds, { ...options, linkBetween: () => link, ...(apart && { apart }) })];
  return { runs, delayed, apart };
}
