import type { Executable } from '../../../cluster/executable';
import type { Checkpoint } from '../../../model/checkpoint';
import { linksOf } from '../../../network/topology';
import { InputError } from '../../../words/error';
import { phrase } from '../../../words/phrase';
import { batchOf, passagesOf } from '../../setup/batch';
import { chooseModel } from '../../setup/choose_model';
import { continueGreedily } from '../../setup/decoder';
import { stallsIn } from '../../setup/disturbance';
import { interruptible, reasonOf } from '../../setup/interruption';
import { type Deployed, type Lab, openEngines } from '../../setup/lab';
import { manifestOf } from '../../setup/manifest';
import { createWatch } from '../../setup/watch';
import type { Emit, Experiment } from '../experiment';
import { topologyOf } from '../wire_settings';
import { chooseLink, wireMsOf } from './calibration';
import { numbersOf } from './numbers_of';
import type { CombinationResult, Measurement } from './result';
import { MeasureSettings } from './settings';
import { CALIBRATIONS, prepareSubject, type Stage, type Subject } from './subject';
import { type Entry, endedBy, entriesOf, passesOfRun, runInTurn, WARM_UPS } from './turns';

export const measureExperiment: Experiment<MeasureSettings, Measurement> = {
  settings: MeasureSettings,
  paths: ['model'],
  run: measure,
};

/**
 * Measures each connectivity under each schedule, over the same wire: all combinations in turn, some times to warm up,
 * then `repeats` times. When it is stopped, or a GPU is lost, it gives the repeats that were complete, if there are
 * any. Throws InputError for settings that can't be met, and when a result differs between repeats.
 */
export async function measure(
  lab: Lab,
  settings: MeasureSettings,
  emit: Emit,
  stop?: AbortSignal,
): Promise<Measurement> {
  refuseWhatContradicts(settings);
  const progress = progressOf(settings, emit);
  progress({ phase: 'loading', connectivity: null }, 0);
  const plan = { kind: settings.parallel, ranks: settings.ranks };
  const chosen = await chooseModel(lab, settings.model, settings.balanced);
  const { tokenizer } = chosen;
  // Times are the same whatever the tokens: a model that reads no text is measured all the same.
  if (!tokenizer.readsText) emit({ kind: 'remark', remark: RANDOM_TOKENS });
  const prompt = settings.prompt === null || !tokenizer.readsText ? null : tokenizer.encode(settings.prompt);
  const { spec } = await chosen.checkpointOf(settings.connectivity[0]!);
  const passages = await passagesOf(tokenizer, lab.source, settings.text, spec.vocabulary, settings.seed);
  const batch = batchOf(prompt, passages, settings.ranks, settings.tokens);
  const engines = await openEngines(lab, settings.backing, settings.ranks);
  const opened = { models: new Map<Checkpoint, Deployed>(), executables: [] as Executable[] };
  const watch = createWatch(lab.incidents);
  const signal = interruptible(engines.ofRank, stop);
  const stage: Stage = {
    lab,
    watch,
    settings,
    plan,
    chosen,
    engines: engines.ofRank,
    batch,
    opened,
    progress,
    emit,
    signal,
  };
  const free = () => {
    for (const executable of opened.executables.splice(0)) executable.destroy();
  };
  try {
    const subjects: Subject[] = [];
    for (const connectivity of settings.connectivity)
      subjects.push(await prepareSubject(stage, connectivity, subjects[0]));
    const regular = await regularOf(stage, subjects);
    const link = chooseLink(settings, regular.calibration);
    const topology = topologyOf(settings, link, settings.dilate ?? settings.ranks);
    const asked = topology && {
      wireMs: wireMsOf(
        regular.executable.program,
        regular.calibration,
        linksOf(topology, settings.ranks, settings.seed),
        settings.ranks,
      ),
      computeMs: regular.calibration.computeMs,
    };
    // Before the runs: what was measured is not to be lost for a file that can't be read any more.
    const madeFor = await chosen.madeFor();
    const entries = entriesOf(subjects, settings, topology);
    const predicted = settings.pass === 'forward' ? [] : await predictedOf(entries);
    const cut = await watch.during(() => runInTurn(stage, entries, topology));
    const held = entries.map(({ subject: { executable } }) => executable.heldBytes());
    const unpaced = settings.link.kind === 'none' ? 0 : null;
    const basis = { topology, wireMs: asked?.wireMs ?? unpaced };
    const results = entries.map((entry, i) => ({
      ...numbersOf(entry, entries, settings, basis),
      ...(predicted[i] !== undefined && {
        memory: { weights: entry.subject.model.cluster.weightBytes, predicted: predicted[i], held: held[i]! },
      }),
    }));
    // Their buffers are wanted for what follows.
    free();
    const continued = cut ? results : await withContinuations(stage, subjects, results);
    const ended = cut ?? endedBy(signal, settings);
    return {
      manifest: manifestOf(lab, settings.seed, [...watch.disturbances(), ...entries.flatMap(stalledIn)]),
      settings,
      madeFor,
      link,
      asked,
      allReduce: subjects.some(({ executable }) => hasAllReduce(executable)) ? subjects.at(-1)!.allReduce : null,
      repeats: entries[0]!.runs.length,
      ...(ended && { ended }),
      promptTokens: batch[0]!.length,
      results: continued,
    };
  } catch (cause) {
    throw await reasonOf(cause, signal);
  } finally {
    free();
    for (const { cluster } of opened.models.values()) cluster.destroy();
    engines.close();
  }
}

/** What each entry's buffers will have, bytes. Throws InputError where the GPU has no room for one. */
async function predictedOf(entries: readonly Entry[]): Promise<number[]> {
  const predicted: number[] = [];
  for (const { subject, orders } of entries) predicted.push(await subject.executable.predict(orders, subject.feeds));
  return predicted;
}

const RANDOM_TOKENS = phrase`The checkpoint has no tokenizer.json: random tokens are measured.`;

/** What a ratio and shares are over: the regular model, which is timed though it may not be measured. */
async function regularOf(stage: Stage, subjects: readonly Subject[]): Promise<Subject> {
  const known = subjects.find(({ connectivity }) => connectivity === REGULAR);
  if (known) return known;
  return isEmulated(stage.settings) ? prepareSubject(stage, REGULAR, subjects[0]) : subjects[0]!;
}

/** Whether links have a pace of their own. */
const isEmulated = ({ link }: MeasureSettings): boolean => link.kind === 'speed' || link.kind === 'ratio';

const REGULAR = 'regular';

const stalledIn = ({ combination, runs }: Entry) =>
  stallsIn(
    combination,
    'repeat',
    runs.map(({ wallMs }) => wallMs),
  );

function refuseWhatContradicts({ link, topology, backing, pass, recompute, sharded }: MeasureSettings): void {
  if (recompute && pass === 'forward')
    throw new InputError(
      phrase`A prefill has no backward pass to compute layers again for; leave that out, or measure a backward pass.`,
    );
  if (sharded && pass !== 'step')
    throw new InputError(phrase`Only a training step updates weights; leave shards out, or measure a step.`);
  if (link.kind === 'ratio' && topology.between)
    throw new InputError(
      phrase`A link between nodes needs a bandwidth within them; set the wire by bandwidth (--link GBPS,US), not by ratio.`,
    );
  if (link.kind === 'native' && backing === 'shared')
    throw new InputError(
      phrase`The native link is the way between separate devices; set the backing to separate, or the wire by bandwidth (--link GBPS,US).`,
    );
  if (link.kind === 'none' && backing === 'separate')
    throw new InputError(
      phrase`Between separate devices all goes through the host; set the link to native, or the backing to shared.`,
    );
}

/** Tells what is done next, and counts its passes. Runs until an interval is narrow are not foreseen. */
function progressOf(settings: MeasureSettings, emit: Emit): Stage['progress'] {
  const total = passesOf(settings);
  let done = 0;
  return (doing, passes) => {
    // How many runs there are until an interval is narrow nobody knows.
    emit({ kind: 'progress', doing, done, total: done < total ? total : 0, part: null });
    done += passes;
  };
}

/** Passes through a model that a measurement takes once its model is loaded. */
function passesOf(settings: MeasureSettings): number {
  const { connectivity, schedule, repeats } = settings;
  const timed = !isEmulated(settings) || connectivity.includes(REGULAR) ? connectivity : [...connectivity, REGULAR];
  const inTurn = connectivity.length * schedule.length;
  const ofRepeat = Array.from({ length: WARM_UPS + repeats }, (_, i) => passesOfRun(settings, i - WARM_UPS));
  return timed.length * CALIBRATIONS + inTurn * ofRepeat.reduce((sum, passes) => sum + passes, 0);
}

const hasAllReduce = ({ program }: Executable): boolean =>
  program.operations.some((op) => op.block === 'all-reduce' && op.phase !== 'update');

/**
 * The results with how each connectivity continues the prompt of rank 0, as far as that is asked for and not
 * interrupted.
 */
async function withContinuations(
  { lab, settings, chosen, batch, signal }: Stage,
  subjects: readonly Subject[],
  results: readonly CombinationResult[],
): Promise<CombinationResult[]> {
  const continued = new Map<string, CombinationResult['continuation']>();
  if (settings.continuation > 0 && settings.pass === 'forward' && !chosen.untrained)
    try {
      for (const { connectivity, table, model } of subjects) {
        signal.throwIfAborted();
        const ids = await continueGreedily(lab, model, table, batch[0]!, settings.continuation, signal);
        continued.set(connectivity, { ids, text: chosen.tokenizer.decode(ids) });
      }
    } catch (cause) {
      const reason = await reasonOf(cause, signal);
      if (!signal.aborted) throw reason;
    }
  return results.map((result) => ({ ...result, continuation: continued.get(result.connectivity) ?? null }));
}
