import type { Routing, RunOptions, RunResult } from '../../../cluster/run_contract';
import { INSTANT } from '../../../network/link';
import { linksOf, type Topology } from '../../../network/topology';
import type { Order } from '../../../schedule/orders';
import { hiddenShare, overlapOf } from '../../../trace/overlap';
import type { Span } from '../../../trace/span';
import { sha256 } from '../../../words/sha256';
import { collectGarbage } from '../../setup/garbage';
import { interruptionBy, reasonOf } from '../../setup/interruption';
import { LOOKS, MISSES_OF_LOOK, MOST_REPEATS } from '../../statistics/looks';
import type { Ended } from '../ended';
import type { Combination } from '../experiment';
import { costOf, costWithoutWire } from './calibration';
import { forgetSpans, type KeptRun, keptOf, speedupOf } from './kept_run';
import type { MeasureSettings } from './settings';
import { isCalibrated, isSpent, type Stage, type Subject } from './subject';

/** A combination and what its runs gave so far. */
export type Entry = {
  readonly subject: Subject;
  readonly combination: Combination;
  readonly orders: readonly Order[];
  readonly runs: KeptRun[];
  /** Of the logits of all ranks, or the losses; all runs of an entry have the same. */
  logitsSha256: string | null;
  routing: readonly Routing[];
};

/** Every connectivity under every schedule. */
export const entriesOf = (
  subjects: readonly Subject[],
  settings: MeasureSettings,
  topology: Topology | null,
): Entry[] =>
  subjects.flatMap((subject) => {
    const { calibration } = subject;
    const cost =
      settings.link.kind === 'none' ? costWithoutWire(calibration) : costOf(calibration, topology, settings.ranks);
    return settings.schedule.map((kind) => ({
      subject,
      combination: { connectivity: subject.connectivity, schedule: kind },
      orders: subject.executable.schedule(kind, cost, calibration.resume),
      runs: [],
      logitsSha256: null,
      routing: [],
    }));
  });

export const WARM_UPS = 2;

/**
 * Runs all entries in turn, again and again, every other time in the opposite order: some times to warm up, then
 * `repeats` times, or until the intervals are narrow, or the budget is spent. An interruption ends it, too, once all
 * have run: the repeats are kept that all were in. Throws when a result differs between repeats.
 */
export async function runInTurn(
  stage: Stage,
  entries: readonly Entry[],
  topology: Topology | null,
): Promise<Ended | null> {
  const { settings, signal } = stage;
  const goesOn = (repeat: number): boolean => {
    if (repeat > 0 && isSpent(stage)) return false;
    if (repeat < settings.repeats) return true;
    return (
      settings.until !== null && repeat < MOST_REPEATS && !(LOOKS.includes(repeat) && isNarrow(entries, settings.until))
    );
  };
  try {
    for (let repeat = -WARM_UPS; goesOn(repeat); repeat++)
      for (const entry of repeat % 2 === 0 ? entries : entries.toReversed())
        if (repeat >= 0 || !isSpent(stage)) await runOnce(stage, entry, topology, repeat);
    return null;
  } catch (cause) {
    const reason = await reasonOf(cause, signal);
    const complete = Math.min(...entries.map(({ runs }) => runs.length));
    if (complete === 0 || !signal.aborted) throw reason;
    for (const { runs } of entries) runs.splice(complete);
    return endedBy(signal, settings);
  }
}

/** That a measurement was interrupted; null when it was not. */
export function endedBy(signal: AbortSignal, { repeats, until }: MeasureSettings): Ended | null {
  const kind = interruptionBy(signal);
  return kind && { kind, asked: until === null ? repeats : null };
}

/** Whether the interval of each speed-up is narrower than this share of it. */
const isNarrow = ([first, ...others]: readonly Entry[], until: number): boolean =>
  others.every(({ runs }) => {
    const { median, low, high } = speedupOf(first!.runs, runs, MISSES_OF_LOOK);
    return low !== null && high !== null && high - low < until * median;
  });

/** Passes through the model that a run of an entry takes: with its wire and, but for the first, those without. */
export const passesOfRun = (settings: MeasureSettings, repeat: number): number =>
  repeat < -1 ? 1 : 1 + Number(hasUnwired(settings)) + Number(hasBare(settings));

/** Between devices of their own the way through the host is their wire. */
const hasBare = ({ backing }: Pick<MeasureSettings, 'backing'>): boolean => backing === 'shared';

/** A wire can be left out where there is one. */
const hasUnwired = ({ backing, link }: Pick<MeasureSettings, 'backing' | 'link'>): boolean =>
  hasBare({ backing }) && link.kind !== 'none';

/** One run of an entry; those before repeat 0 warm up, and count for nothing. */
async function runOnce(stage: Stage, entry: Entry, topology: Topology | null, repeat: number): Promise<void> {
  const { lab, settings, progress, emit, signal } = stage;
  const { subject, combination, orders, runs } = entry;
  const counts = repeat >= 0;
  progress(
    counts
      ? { phase: 'run', ...combination, run: repeat + 1, of: settings.until ? null : settings.repeats }
      : { phase: 'warm-up', ...combination },
    passesOfRun(settings, repeat),
  );
  const onSpans = (spans: readonly Span[]) => emit({ kind: 'spans', combination, spans });
  // Of all runs alike, so that what they take can be compared.
  const options = { pause: lab.pause, signal, ...(subject.apart && { apart: subject.apart }) };
  collectGarbage();
  const run = await subject.executable.run(orders, subject.feeds, {
    ...options,
    linkBetween: topology && linksOf(topology, settings.ranks, settings.seed + repeat),
    // Counted runs are shown when they have ended: showing them on the way would take the host's time.
    ...(!counts && { onSpans }),
  });
  const spans = run.spans();
  onSpans(spans);
  await holdToOneResult(entry, run);
  // They need less warming up.
  if (repeat < -1) return;
  const without = await runWithout(entry, settings, options);
  if (!counts) return;
  runs.push(
    keptOf(run, spans, settings.ranks, { repeat, ...without, hiddenWithin: hiddenWithin(run, entry, settings.ranks) }),
  );
  // The same in every repeat, as the bits are.
  entry.routing = run.routing;
  forgetSpans(runs);
}

/** Hidden with all kernels that were timed apart as short and as long as they may be; null where none were. */
function hiddenWithin(run: RunResult, { subject }: Entry, ranks: number): KeptRun['hiddenWithin'] {
  if (!isCalibrated(subject)) return null;
  const [low, high] = [run.spans(-1), run.spans(1)].map((spans) =>
    hiddenShare(Array.from({ length: ranks }, (_, rank) => overlapOf(spans, rank))),
  );
  return low == null || high == null ? null : [Math.min(low, high), Math.max(low, high)];
}

/**
 * Walls of the same orders over an instant wire, of which the host hears as of any other, and of their kernels and
 * copies alone; null for what can't be had.
 */
async function runWithout(
  entry: Entry,
  settings: MeasureSettings,
  options: Pick<RunOptions, 'pause' | 'signal' | 'apart'>,
): Promise<Pick<KeptRun, 'unwiredMs' | 'bareMs'>> {
  const { executable, feeds, calibration } = entry.subject;
  const wallOf = async (how: Pick<RunOptions, 'replayed'>): Promise<number> => {
    collectGarbage();
    const run = await executable.run(entry.orders, feeds, { ...options, linkBetween: () => INSTANT, ...how });
    await holdToOneResult(entry, run);
    return run.wallMs;
  };
  const unwiredMs = hasUnwired(settings) ? await wallOf({}) : null;
  return { unwiredMs, bareMs: hasBare(settings) ? await wallOf({ replayed: calibration.counts }) : null };
}

async function holdToOneResult(entry: Entry, { outputs }: RunResult): Promise<void> {
  const [result] = entry.subject.executable.program.outputs;
  const bits = outputs.map((own) => own.get(result!) as Float32Array<ArrayBuffer>);
  const hash = await sha256(await new Blob(bits).arrayBuffer());
  entry.logitsSha256 ??= hash;
  const { connectivity, schedule } = entry.combination;
  if (entry.logitsSha256 !== hash)
    throw new Error(`${connectivity}, ${schedule}: two runs of the same orders gave different results`);
}
