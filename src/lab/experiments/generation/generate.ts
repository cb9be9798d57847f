import type { Checkpoint } from '../../../model/checkpoint';
import { InputError } from '../../../words/error';
import { phrase } from '../../../words/phrase';
import { batchOf, passagesOf } from '../../setup/batch';
import { type ChosenModel, chooseModel } from '../../setup/choose_model';
import { interruptionBy, reasonOf } from '../../setup/interruption';
import { type Deployed, deploy, type Lab } from '../../setup/lab';
import { manifestOf } from '../../setup/manifest';
import { tuneCalls } from '../../setup/tuning';
import { createWatch } from '../../setup/watch';
import { type Emit, type Experiment, nameOfCombination, tellRemark } from '../experiment';
import { decodingOf } from './decoding';
import type { Generation, GenerationResult, GenerationStep } from './result';
import { GenerateSettings } from './settings';
import { stalledSteps } from './stalled_steps';
import { createWriter, type Writer } from './writer';

export const generateExperiment: Experiment<GenerateSettings, Generation> = {
  settings: GenerateSettings,
  paths: ['model'],
  run: generate,
};

/**
 * Continues prompts by each connectivity under each schedule, in turn step by step, over the same wire. A stop, or a
 * GPU that is lost, ends it with what there is. Throws InputError for settings that can't be met.
 */
export async function generate(
  lab: Lab,
  settings: GenerateSettings,
  emit: Emit,
  signal?: AbortSignal,
): Promise<Generation> {
  const model = await chooseModel(lab, settings.model, settings.balanced);
  const prompts = await promptsOf(lab, model, settings);
  const deployed = new Map<Checkpoint, Deployed>();
  const writers: Writer[] = [];
  const watch = createWatch(lab.incidents);
  try {
    for (const connectivity of settings.connectivity) {
      const own = await deployedFor(lab, model, connectivity, settings, deployed, emit, signal);
      // Each has caches of its own; the weights are shared.
      for (const schedule of settings.schedule)
        writers.push(await createWriter(lab, own, { connectivity, schedule }, model, prompts, settings));
    }
    const madeFor = await model.madeFor();
    const steps = await watch.during(async () => {
      await rehearse(lab, writers, emit, signal);
      const tokens = writers.length * prompts.length * settings.tokens;
      const traced = await writeInTurn(writers, tokens, emit, signal);
      await writeAgain(writers, tokens, emit, signal);
      return traced;
    });
    const results = comparedOf(writers.map((writer) => writer.result()));
    const cut = results.some(({ continuations }) => continuations.some(({ ended }) => ended === 'stopped'));
    if (cut && results.every((own) => own.steps.length === 0)) signal?.throwIfAborted();
    const kind = cut && signal ? interruptionBy(signal) : null;
    return {
      manifest: manifestOf(lab, settings.seed, [...watch.disturbances(), ...results.flatMap(stalledSteps)]),
      settings,
      madeFor,
      results,
      steps,
      ...(kind && { ended: { kind, asked: settings.tokens } }),
    };
  } finally {
    for (const writer of writers) writer.destroy();
    for (const { cluster } of deployed.values()) cluster.destroy();
  }
}

async function promptsOf(
  { source }: Lab,
  model: ChosenModel,
  { prompts, promptAs, others, text, connectivity, seed }: GenerateSettings,
): Promise<number[][]> {
  const own = await Promise.all(prompts.map((prompt) => tokensOf(model, prompt, promptAs)));
  if (own.some((ids) => ids.length === 0)) throw new InputError(phrase`The prompt is empty; write at least one word.`);
  if (others === 0) return own;
  const { spec } = await model.checkpointOf(connectivity[0]!);
  const passages = await passagesOf(model.tokenizer, source, text, spec.vocabulary, seed);
  return [...own, ...batchOf(own[0]!, passages, 1 + others, own[0]!.length).slice(1)];
}

async function tokensOf(
  { tokenizer, chat }: ChosenModel,
  prompt: string,
  as: GenerateSettings['promptAs'],
): Promise<number[]> {
  switch (as) {
    case 'text':
      return tokenizer.encode(prompt);
    case 'chat':
      return tokenizer.encode(await chat(prompt), true);
    case 'ids':
      if (!/^\s*\d{1,10}(\s*[,\s]\s*\d{1,10})*\s*$/.test(prompt))
        throw new InputError(phrase`Token ids are whole numbers with commas between, such as 1,2,3.`);
      return prompt
        .trim()
        .split(/[,\s]+/)
        .map(Number);
  }
}

/** The checkpoint that a connectivity uses, on the ranks; connectivities may share one. */
async function deployedFor(
  lab: Lab,
  model: ChosenModel,
  connectivity: string,
  { parallel, ranks }: GenerateSettings,
  deployed: Map<Checkpoint, Deployed>,
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<Deployed> {
  const checkpoint = await model.checkpointOf(connectivity);
  const known = deployed.get(checkpoint);
  if (known) return known;
  tellRemark(checkpoint, emit);
  const onProgress = (done: number, total: number) =>
    emit({ kind: 'progress', doing: { phase: 'loading', connectivity }, done, total, part: null });
  const own = await deploy(lab, checkpoint, { kind: parallel, ranks }, { onProgress, signal });
  deployed.set(checkpoint, own);
  return own;
}

async function rehearse(
  lab: Lab,
  writers: readonly Writer[],
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<void> {
  const tuning = (done: number, total: number) =>
    emit({ kind: 'progress', doing: { phase: 'tuning' }, done, total, part: null });
  for (const [done, writer] of writers.entries()) {
    const doing = { phase: 'warm-up', ...writer.combination } as const;
    emit({ kind: 'progress', doing, done, total: writers.length, part: null });
    await writer.rehearse(signal);
    const tuned = await tuneCalls(lab, [], writer.calls(), tuning, signal);
    // By what was found to be best.
    if (tuned > 0) await writer.rehearse(signal);
  }
}

const TELL_MS = 50;
/** A step has some thousand spans. */
const STEPS_KEPT = 48;

/**
 * Steps of the writers in turn, every other time in the opposite order, until all are done or it is stopped; answers
 * the first steps, with their spans.
 */
async function writeInTurn(
  writers: readonly Writer[],
  tokens: number,
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<GenerationStep[]> {
  const steps: GenerationStep[] = [];
  for (let step = 0; writers.some((writer) => !writer.done()); step++)
    for (const writer of step % 2 === 0 ? writers : writers.toReversed()) {
      if (writer.done()) continue;
      await stepOrStop(writer, signal);
      const { combination } = writer;
      const spans = writer.spans();
      if (step < STEPS_KEPT && !signal?.aborted) steps.push({ step, combination, spans });
      // Telling takes time of its own: as often as an eye can follow, and at the end.
      if (!writer.done() && performance.now() - writer.toldAt() < TELL_MS) continue;
      const done = writers.reduce((sum, each) => sum + each.written(), 0);
      emit({ kind: 'progress', doing: { phase: 'generating', step }, done, total: stepsFor(tokens), part: null });
      emit({ kind: 'spans', combination, spans });
      emit({ kind: 'written', result: writer.tell() });
    }
  return steps;
}

/** A token without a trace takes so much of the time of one with it. */
const UNTRACED = 0.75;
/** What generating counts as: tokens that are written, and written again. */
const stepsFor = (tokens: number): number => tokens * (1 + UNTRACED);

/** The same texts without a trace, one after the other. */
async function writeAgain(
  writers: readonly Writer[],
  tokens: number,
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const [done, writer] of writers.entries()) {
    if (signal?.aborted) return;
    const doing = { phase: 'untraced', ...writer.combination } as const;
    const again = (tokens * UNTRACED * done) / writers.length;
    emit({ kind: 'progress', doing, done: tokens + again, total: stepsFor(tokens), part: null });
    const isSame = await writer.writeAgain(signal).catch(async (cause) => {
      const reason = signal ? await reasonOf(cause, signal) : cause;
      if (!signal?.aborted) throw reason;
      return true;
    });
    if (!isSame)
      emit({
        kind: 'remark',
        remark: phrase`Without a trace ${nameOfCombination(writer.combination)} drew other tokens: a fault of the lab; please report it.`,
      });
  }
}

async function stepOrStop(writer: Writer, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return writer.stop();
  await writer.step(signal).catch(async (cause) => {
    const reason = signal ? await reasonOf(cause, signal) : cause;
    if (!signal?.aborted) throw reason;
    writer.stop();
  });
}

/** With what the decoding steps come to, each beside those of the first. */
const comparedOf = (results: readonly GenerationResult[]): GenerationResult[] =>
  results.map((result) => ({ ...result, decoding: decodingOf(result.steps, results[0]!.steps) }));
