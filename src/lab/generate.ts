import { median, quantile } from 'simple-statistics';
import type { Checkpoint } from '../model/checkpoint';
import type { TextTokenizer } from '../model/tokenizer';
import { hiddenShare, overlapOf } from '../trace/overlap';
import type { Span } from '../trace/span';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { batchOf, readText } from './batch';
import { chooseModel } from './choose_model';
import { createDecoder } from './decoder';
import { connectivityOf, type MadeFor } from './find_model';
import { type Deployed, deploy, type Lab } from './lab';
import { type Manifest, manifestOf } from './manifest';
import type { Combination, Progress } from './progress';
import { sample } from './sample';
import type { GenerateSettings } from './settings';
import { seededRandom } from './statistics';
import { allReduceOf, topologyOf } from './wire_settings';

/** One prompt's continuation. Times are of the model's own steps: turns of a model beside it are left out. */
export type Continuation = {
  readonly ids: readonly number[];
  readonly text: string;
  readonly ended: 'no' | 'length' | 'stop token' | 'stopped';
  readonly ttftMs: number | null;
  /** ms between tokens. */
  readonly gapsMs: readonly number[];
};

/** A step of all requests together: prompt tokens, or one token each. */
export type StepResult = {
  readonly tokens: number;
  readonly prefill: boolean;
  readonly wallMs: number;
  readonly hidden: number | null;
};

export type GenerationResult = Combination & {
  readonly promptTokens: readonly number[];
  /** Text of each prompt, those taken from a book too. */
  readonly prompts: readonly string[];
  readonly continuations: readonly Continuation[];
  readonly ttftMs: number | null;
  readonly tbtMs: Between | null;
  readonly steps: readonly StepResult[];
  readonly cacheBytes: number;
};
/** Median and 95th percentile. */
export type Between = { readonly median: number; readonly p95: number };

export type Generation = {
  readonly manifest: Manifest;
  readonly settings: GenerateSettings;
  readonly madeFor: MadeFor;
  readonly results: readonly GenerationResult[];
  /** The spans of the first steps of each. */
  readonly steps: readonly GenerationStep[];
};

/** One model's step with its spans. */
export type GenerationStep = {
  readonly step: number;
  readonly combination: Combination;
  readonly spans: readonly Span[];
};

export type GenerateEvent =
  | Progress
  | ({ readonly kind: 'step' } & GenerationStep)
  | { readonly kind: 'continued'; readonly result: GenerationResult };

const TELL_MS = 50;
/** A step has some thousand spans. */
const STEPS_KEPT = 48;

/**
 * Continues prompts by each connectivity, in turn step by step, so that they can be read side by side. A stop ends it
 * with what there is. Throws InputError for settings that can't be met.
 */
export async function generate(
  lab: Lab,
  settings: GenerateSettings,
  emit: (event: GenerateEvent) => void,
  signal?: AbortSignal,
): Promise<Generation> {
  const model = await chooseModel(lab, settings.model, settings.balanced);
  const prompts = await promptsOf(lab, model.tokenizer, settings);
  const deployed = new Map<Checkpoint, Deployed>();
  const writers: Writer[] = [];
  const steps: GenerationStep[] = [];
  try {
    for (const connectivity of settings.connectivity) {
      const checkpoint = await model.checkpointOf(connectivity);
      let own = deployed.get(checkpoint);
      if (!own) {
        const onProgress = (done: number, total: number) =>
          emit({ kind: 'progress', doing: { phase: 'loading', connectivity }, done, total });
        own = await deploy(lab, checkpoint, { kind: settings.parallel, ranks: settings.ranks }, { onProgress, signal });
        deployed.set(checkpoint, own);
      }
      const stops = settings.stopAtEnd ? model.stopTokens : new Set<number>();
      const writer = await createWriter(lab, own, connectivity, model.tokenizer, prompts, stops, settings);
      writers.push(writer);
    }
    for (let step = 0; writers.some((writer) => !writer.done()); step++)
      for (const writer of writers) {
        if (writer.done()) continue;
        if (signal?.aborted) writer.stop();
        else
          await writer.step(signal).catch((cause) => {
            if (!signal?.aborted) throw cause;
            writer.stop();
          });
        const taken: GenerationStep = { step, combination: writer.combination, spans: writer.spans() };
        if (step < STEPS_KEPT && !signal?.aborted) steps.push(taken);
        // Telling takes time of its own: as often as an eye can follow, and at the end.
        if (!writer.done() && performance.now() - writer.toldAt() < TELL_MS) continue;
        emit({ kind: 'step', ...taken });
        emit({ kind: 'continued', result: writer.tell() });
      }
    return {
      manifest: manifestOf(lab, settings.seed),
      settings,
      madeFor: await model.madeFor(),
      results: writers.map((writer) => writer.result()),
      steps,
    };
  } finally {
    for (const writer of writers) writer.destroy();
    for (const { cluster } of deployed.values()) cluster.destroy();
  }
}

async function promptsOf(
  { source }: Lab,
  tokenizer: TextTokenizer,
  { prompts, others, text }: GenerateSettings,
): Promise<number[][]> {
  const own = prompts.map((prompt) => tokenizer.encode(prompt));
  if (own.some((ids) => ids.length === 0)) throw new InputError(phrase`The prompt is empty; write at least one word.`);
  if (others === 0) return own;
  const passages = batchOf(tokenizer, prompts[0]!, await readText(source, text), 1 + others, own[0]!.length);
  return [...own, ...passages.slice(1)];
}

type Writer = Awaited<ReturnType<typeof createWriter>>;

/** A model that continues the prompts: feeds what is left of each prompt in chunks, then each token that it drew. */
async function createWriter(
  lab: Lab,
  deployed: Deployed,
  connectivity: string,
  tokenizer: TextTokenizer,
  prompts: readonly (readonly number[])[],
  stops: ReadonlySet<number>,
  settings: GenerateSettings,
) {
  const { ranks, tokens, chunk } = settings;
  const topology = topologyOf(settings, settings.link, settings.dilate ?? ranks);
  const decoder = await createDecoder(lab, deployed, connectivityOf(connectivity, deployed.checkpoint), {
    sequences: prompts.length,
    capacity: Math.max(...prompts.map((ids) => ids.length)) + tokens - 1,
    schedule: settings.schedule,
    cost: (op) => (op.kind === 'compute' ? 1 : 4),
    topology,
    seed: settings.seed,
    wire: settings.wire,
    // Most steps decode: a token of each request.
    allReduce: allReduceOf(settings, topology, prompts.length, deployed.checkpoint.spec.hidden),
  });
  const combination: Combination = { connectivity, schedule: settings.schedule };
  const requests = prompts.map((ids, i) => ({
    left: ids,
    ids: [] as number[],
    ended: 'no' as Continuation['ended'],
    ttftMs: null as number | null,
    gapsMs: [] as number[],
    random: seededRandom(settings.seed + i),
  }));
  const steps: StepResult[] = [];
  let spans: readonly Span[] = [];
  let spent = 0;
  let told = 0;
  /** When each request's last token came, on the clock of this model's own steps. */
  const lastAt = prompts.map(() => 0);

  const done = () => requests.every(({ ended }) => ended !== 'no');
  const result = (): GenerationResult => {
    const gaps = requests.flatMap(({ gapsMs }) => gapsMs);
    const firsts = requests.flatMap(({ ttftMs }) => ttftMs ?? []);
    return {
      ...combination,
      promptTokens: prompts.map((ids) => ids.length),
      prompts: prompts.map((ids, i) => settings.prompts[i] ?? tokenizer.decode(ids)),
      continuations: requests.map(({ ids, ended, ttftMs, gapsMs }) => ({
        ids: [...ids],
        text: tokenizer.decode(ids),
        ended,
        ttftMs,
        gapsMs: [...gapsMs],
      })),
      ttftMs: firsts.length > 0 ? median(firsts) : null,
      tbtMs: gaps.length > 0 ? { median: median(gaps), p95: quantile(gaps, 0.95) } : null,
      steps: [...steps],
      cacheBytes: decoder.cacheBytes,
    };
  };

  return {
    combination,
    done,
    result,
    toldAt: () => told,
    tell(): GenerationResult {
      told = performance.now();
      return result();
    },
    spans: () => spans,
    stop(): void {
      for (const request of requests) if (request.ended === 'no') request.ended = 'stopped';
    },
    async step(signal?: AbortSignal): Promise<void> {
      const pieces = requests.map(({ left, ended }) => (ended === 'no' ? left.slice(0, chunk) : []));
      const prefill = requests.some(({ ids, ended }) => ended === 'no' && ids.length === 0);
      const { logits, run } = await decoder.step(pieces, signal);
      const sampling = performance.now();
      requests.forEach((request, i) => {
        if (request.ended !== 'no') return;
        request.left = request.left.slice(pieces[i]!.length);
        if (request.left.length > 0) return;
        const id = sample(logits[i]!, settings.sampling, request.random);
        request.ids.push(id);
        request.left = [id];
        if (stops.has(id)) request.ended = 'stop token';
        else if (request.ids.length === tokens) request.ended = 'length';
      });
      // The run's own time and the drawing of tokens; what the lab does around them, such as setting its clock, is left
      // out.
      const wallMs = run.wallMs + performance.now() - sampling;
      spent += wallMs;
      requests.forEach((request, i) => {
        const came = request.ids.length === (request.ttftMs === null ? 1 : request.gapsMs.length + 2);
        if (!came) return;
        if (request.ttftMs === null) request.ttftMs = spent;
        else request.gapsMs.push(spent - lastAt[i]!);
        lastAt[i] = spent;
      });
      spans = run.spans;
      steps.push({
        tokens: pieces.reduce((sum, piece) => sum + piece.length, 0),
        prefill,
        wallMs,
        hidden: hiddenShare(Array.from({ length: ranks }, (_, rank) => overlapOf(spans, rank, run.resolutionMs))),
      });
    },
    destroy: () => decoder.destroy(),
  };
}
