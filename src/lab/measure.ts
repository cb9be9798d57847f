import { createExecutable, type Executable } from '../cluster/executable';
import { type Feed, feedOf, wholeSequences } from '../cluster/feed';
import type { Routing, RunResult } from '../cluster/run';
import type { Connectivity } from '../connectivity/connectivity';
import type { Checkpoint } from '../model/checkpoint';
import { holdersOf, type Plan } from '../model/plan';
import { INSTANT } from '../network/link';
import { INSTANT_TOPOLOGY, linksOf } from '../network/topology';
import { LOGITS } from '../program/lower';
import { isCollective, type Spread } from '../program/program';
import { boundOf } from '../schedule/bound';
import { exposuresOf, type MeanExposure, meanExposures, type Reason, reasonOf } from '../trace/exposure';
import { hiddenShare } from '../trace/overlap';
import type { Span } from '../trace/span';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { batchOf, readText } from './batch';
import { type Calibration, calibrationOf, chooseLink, costOf, type NominalLink } from './calibration';
import { chooseModel } from './choose_model';
import { createDecoder } from './decoder';
import { connectivityOf, type MadeFor } from './find_model';
import { checkSequences } from './forward';
import { forgetSpans, type KeptRun, keptOf, speedupOf, typicalSpans } from './kept_run';
import { type Deployed, deploy, type Lab, openEngines, positionsOf } from './lab';
import { type Manifest, manifestOf } from './manifest';
import { argmax, mean, mediansOf } from './numbers';
import type { Combination, Doing, Progress } from './progress';
import type { Settings } from './settings';
import { type Estimate, estimate, seededRandom } from './statistics';
import { allReduceOf, topologyOf } from './wire_settings';

/** One connectivity under one schedule, measured; times in ms, medians over the repeats with a 95 % interval. */
export type CombinationResult = Combination & {
  readonly wallMs: Estimate;
  readonly computeMs: Estimate;
  readonly commMs: Estimate;
  /** Share of communication under compute, mean over ranks; null when nothing was communicated. */
  readonly hidden: Estimate | null;
  /** Time in which a device could have computed but for the host, mean over ranks. */
  readonly hostMs: Estimate;
  /** Of the run shown: what hid each collective and what exposed it, mean over ranks. */
  readonly exposures: readonly (MeanExposure & { readonly reason: Reason | null })[];
  readonly boundMs: number;
  readonly hiddenBound: number | null;
  /** Wall time of the first combination ÷ this one's, pair by pair. */
  readonly speedup: Estimate;
  readonly logitsSha256: string;
  /** null without timestamps: nothing is said by the GPU's clock. */
  readonly clockErrorMs: number | null;
  /** Overlap shorter than this was not claimed: the step of timestamps that a browser rounds. */
  readonly resolutionMs: number;
  readonly table: Connectivity;
  /** Spans of a repeat whose wall time is the median, or near it. */
  readonly spans: readonly Span[];
  /** Where the router sent the tokens; empty where tokens are not dispatched (tp). */
  readonly routing: readonly Routing[];
  /** Greedy tokens after the prompt of rank 0, and their text. */
  readonly continuation: { readonly ids: readonly number[]; readonly text: string } | null;
};

export type Measurement = {
  readonly manifest: Manifest;
  readonly settings: Settings;
  readonly madeFor: MadeFor;
  /**
   * The wire as emulated, `dilation` times slower than the nominal gbps and µs; null: none, messages take what they
   * take.
   */
  readonly link: NominalLink | null;
  /** How all-reduces were done; null where there are none. */
  readonly allReduce: Spread['algorithm'] | null;
  /** Counted runs of each combination. */
  readonly repeats: number;
  readonly promptTokens: number;
  readonly results: readonly CombinationResult[];
};

export type MeasureEvent =
  | Progress
  | { readonly kind: 'spans'; readonly combination: Combination; readonly spans: readonly Span[] };

const WARM_UPS = 2;
const CALIBRATIONS = 3;
const WARM_MS = 1500;
/** Fewer say nothing of an interval. */
const LEAST_RUNS = 5;
/** Where an interval does not get narrow. */
const MOST_REPEATS = 1000;

/** A connectivity ready to run on the cluster, and what each operation takes without a wire. */
type Subject = {
  readonly connectivity: string;
  readonly table: Connectivity;
  readonly model: Deployed;
  readonly executable: Executable;
  readonly feeds: readonly Feed[];
  readonly calibration: Calibration;
};
/**
 * Measures each connectivity under each schedule: every combination once to warm up, then all in turn, `repeats` times,
 * over the same wire. Throws InputError for settings that can't be met, and when a result differs between repeats.
 */
export async function measure(
  lab: Lab,
  settings: Settings,
  emit: (event: MeasureEvent) => void,
  signal?: AbortSignal,
): Promise<Measurement> {
  const { ranks } = settings;
  const plan: Plan = { kind: settings.parallel, ranks };
  const dilation = settings.dilate ?? ranks;
  if (settings.link.kind === 'ratio' && settings.topology.between)
    throw new InputError(
      phrase`A link between nodes of its own needs a bandwidth within them; set the link as GBPS,US instead of a ratio.`,
    );
  if (settings.link.kind === 'native' && settings.backing === 'shared')
    throw new InputError(
      phrase`The native link is the way between separate devices; set the backing to separate, or give the link as GBPS,US.`,
    );
  const total =
    (CALIBRATIONS + 1) * settings.connectivity.length +
    (WARM_UPS + settings.repeats) * settings.connectivity.length * settings.schedule.length;
  let done = 0;
  // Runs until an interval is narrow are not foreseen.
  const progress = (doing: Doing) => emit({ kind: 'progress', doing, done: done++, total: Math.max(total, done) });
  const abortable = signal ? { signal } : {};

  progress({ phase: 'loading', connectivity: null });
  const chosen = await chooseModel(lab, settings.model, settings.balanced);
  const { tokenizer } = chosen;
  const text = await readText(lab.source, settings.text);
  const batch = batchOf(tokenizer, settings.prompt, text, ranks, settings.tokens);
  const models = new Map<Checkpoint, Deployed>();
  const executables: Executable[] = [];
  const engines = await openEngines(lab, settings.backing, ranks);
  try {
    const subjects: Subject[] = [];
    let allReduce: Spread['algorithm'] = 'direct';
    for (const connectivity of settings.connectivity) {
      const checkpoint = await chosen.checkpointOf(connectivity);
      let model = models.get(checkpoint);
      if (!model) {
        checkSequences(checkpoint.spec, batch);
        const onProgress = (bytes: number, of: number) =>
          emit({ kind: 'progress', doing: { phase: 'loading', connectivity: null }, done: bytes, total: of });
        model = await deploy(lab, checkpoint, plan, { engines: engines.ofRank, onProgress, signal });
        models.set(checkpoint, model);
      }
      const { spec } = model.checkpoint;
      // Under a ratio both ways take the same time, whatever their bytes, and through the host nothing is gained by a
      // ring: the one of fewer steps.
      const nominal = settings.link.kind === 'speed' ? settings.link : null;
      allReduce = allReduceOf(
        settings,
        topologyOf(settings, nominal, dilation),
        batch.length * batch[0]!.length,
        spec.hidden,
      );
      const table = connectivityOf(connectivity, model.checkpoint);
      const executable = await createExecutable(model.cluster, spec, table, {
        wire: settings.wire,
        allReduce,
        logits: 'last',
        hidden: false,
        cached: false,
      });
      executables.push(executable);
      const feeds = Array.from({ length: ranks }, (_, rank) => {
        const own = batch.filter((_, i) => holdersOf(plan, i).includes(rank));
        return feedOf(rank, ranks, spec, wholeSequences(own));
      });
      const orders = executable.schedule('blocking', () => 1);
      const runs: RunResult[] = [];
      const withoutWire = { linkBetween: () => INSTANT, pause: lab.pause, ...abortable };
      // A GPU comes to its speed within some runs: those before count for nothing.
      const warmUntil = performance.now() + WARM_MS;
      do await executable.run(orders, feeds, withoutWire);
      while (performance.now() < warmUntil);
      for (let i = 0; i < CALIBRATIONS; i++) {
        progress({ phase: 'timing', connectivity });
        runs.push(await executable.run(orders, feeds, withoutWire));
      }
      subjects.push({ connectivity, table, model, executable, feeds, calibration: calibrationOf(runs, ranks) });
    }

    const link = chooseLink(settings, subjects[0]!.connectivity, subjects[0]!.calibration);
    const topology = topologyOf(settings, link, dilation);
    const lineup = subjects.flatMap((subject) => {
      const cost = costOf(subject.calibration, topology, ranks);
      return settings.schedule.map((kind) => ({
        subject,
        combination: { connectivity: subject.connectivity, schedule: kind },
        orders: subject.executable.schedule(kind, cost),
        runs: [] as KeptRun[],
        hashes: new Set<string>(),
        routing: [] as readonly Routing[],
      }));
    });
    const began = performance.now();
    const narrow = () =>
      settings.until === null ||
      (lineup[0]!.runs.length >= LEAST_RUNS &&
        lineup.slice(1).every(({ runs }) => {
          const { median: middle, low, high } = speedupOf(lineup[0]!.runs, runs);
          return high - low < settings.until! * middle;
        }));
    const overBudget = () => performance.now() - began > 1000 * settings.budget;
    for (let repeat = -WARM_UPS; repeat < settings.repeats || (!narrow() && repeat < MOST_REPEATS); repeat++) {
      if (repeat > 0 && overBudget()) break;
      for (const one of lineup) {
        const { subject, combination, orders, runs, hashes } = one;
        progress(
          repeat < 0
            ? { phase: 'warm-up', ...combination }
            : { phase: 'run', ...combination, run: repeat + 1, of: settings.until ? null : settings.repeats },
        );
        const run = await subject.executable.run(orders, subject.feeds, {
          // Paired runs draw the same jitter, though not always for the same messages.
          linkBetween: linksOf(topology, ranks, seededRandom(settings.seed + repeat)),
          pause: lab.pause,
          ...abortable,
          // Counted runs are shown when they have ended: showing them on the way would take the host's time.
          ...(repeat < 0 && { onSpans: (spans: readonly Span[]) => emit({ kind: 'spans', combination, spans }) }),
        });
        emit({ kind: 'spans', combination, spans: run.spans });
        hashes.add(await sha256(run.outputs.map((own) => own.get(LOGITS)!)));
        if (hashes.size > 1)
          throw new Error(
            `${combination.connectivity}, ${combination.schedule}: two runs of the same orders gave different logits`,
          );
        if (repeat < 0) continue;
        runs.push(keptOf(run, ranks));
        // The same in every repeat, as the bits are.
        one.routing = run.routing;
        forgetSpans(runs);
      }
    }

    const results: CombinationResult[] = [];
    for (const { subject, combination, runs, hashes, routing } of lineup) {
      const overRanks = (of: 'computeMs' | 'commMs') =>
        estimate(runs.map(({ overlaps }) => mean(ranks, (rank) => overlaps[rank]![of])));
      const hidden = runs.map(({ overlaps }) => hiddenShare(overlaps));
      const durations = mediansOf(runs.map((run) => run.durations));
      // Without an emulated pace messages last longer where they queue behind computing; without a wire nothing was in
      // their way.
      const alone = (id: number) => (link ? Number.POSITIVE_INFINITY : (subject.calibration.durations.get(id) ?? 0));
      const bound = boundOf(subject.executable.program, (op) =>
        Math.min(durations.get(op.id) ?? 0, isCollective(op) ? alone(op.id) : Number.POSITIVE_INFINITY),
      );
      const spans = typicalSpans(runs);
      results.push({
        ...combination,
        wallMs: estimate(runs.map((r) => r.wallMs)),
        computeMs: overRanks('computeMs'),
        commMs: overRanks('commMs'),
        hidden: hidden.includes(null) ? null : estimate(hidden as number[]),
        hostMs: estimate(runs.map((r) => r.hostMs)),
        exposures: meanExposures(exposuresOf(spans, ranks)).map((exposure) => ({
          ...exposure,
          reason: reasonOf(exposure, bound.independent.get(exposure.op) ?? 0),
        })),
        boundMs: bound.wall,
        hiddenBound: bound.hidden,
        speedup: speedupOf(lineup[0]!.runs, runs),
        logitsSha256: [...hashes][0]!,
        clockErrorMs: finiteOr(null, Math.max(...runs.map((r) => r.clockErrorMs))),
        resolutionMs: Math.max(...runs.map((r) => r.resolutionMs)),
        table: subject.table,
        spans,
        routing,
        continuation: null,
      });
    }
    for (const executable of executables.splice(0)) executable.destroy();
    const continued = new Map<string, { ids: number[]; text: string }>();
    if (settings.continuation > 0 && !chosen.untrained)
      for (const { connectivity, table, model } of subjects) {
        const ids = await continueGreedily(lab, model, table, batch[0]!, settings.continuation, signal);
        continued.set(connectivity, { ids, text: tokenizer.decode(ids) });
      }
    return {
      manifest: manifestOf(lab, settings.seed),
      settings,
      madeFor: await chosen.madeFor(),
      link,
      allReduce: subjects.some(({ executable }) =>
        executable.program.operations.some((op) => op.block === 'all-reduce'),
      )
        ? allReduce
        : null,
      repeats: lineup[0]!.runs.length,
      promptTokens: batch[0]!.length,
      results: results.map((result) => ({ ...result, continuation: continued.get(result.connectivity) ?? null })),
    };
  } finally {
    for (const executable of executables) executable.destroy();
    for (const { cluster } of models.values()) cluster.destroy();
    engines.close();
  }
}

const finiteOr = <T>(other: T, value: number): number | T => (Number.isFinite(value) ? value : other);

async function continueGreedily(
  lab: Lab,
  model: Deployed,
  table: Connectivity,
  prompt: readonly number[],
  count: number,
  signal?: AbortSignal,
): Promise<number[]> {
  const capacity = Math.min(prompt.length + count, positionsOf(model.checkpoint.spec));
  const decoder = await createDecoder(lab, model, table, {
    sequences: 1,
    capacity,
    schedule: 'overlapped',
    cost: () => 1,
    topology: INSTANT_TOPOLOGY,
  });
  const ids: number[] = [];
  try {
    for (let next: readonly number[] = prompt; prompt.length + ids.length < capacity; ) {
      const { logits } = await decoder.step([next], signal);
      const id = argmax(logits[0]!);
      ids.push(id);
      next = [id];
    }
  } finally {
    decoder.destroy();
  }
  return ids;
}

async function sha256(parts: readonly Float32Array[]): Promise<string> {
  const bytes = await new Blob(parts as Float32Array<ArrayBuffer>[]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
