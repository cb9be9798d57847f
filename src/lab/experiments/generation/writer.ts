import { median } from 'simple-statistics';
import type { Executable } from '../../../cluster/executable';
import type { Span } from '../../../trace/span';
import type { ChosenModel } from '../../setup/choose_model';
import { createDecoder, type Decoder } from '../../setup/decoder';
import { connectivityOf } from '../../setup/find_model';
import type { Deployed, Lab } from '../../setup/lab';
import { seededRandom } from '../../statistics/random';
import type { Combination } from '../experiment';
import { allReduceOf, topologyOf } from '../wire_settings';
import { betweenTokensOf, stepOf, tokenTimesOf } from './decoding';
import type { Continuation, GenerationResult, StepResult } from './result';
import type { GenerateSettings } from './settings';

/** A model that continues the prompts: feeds what is left of each prompt in chunks, then each token that it drew. */
export type Writer = {
  readonly combination: Combination;
  /**
   * Does the first steps once and forgets them, so that those that count find their buffers, and the GPU at its speed.
   */
  readonly rehearse: (signal?: AbortSignal) => Promise<void>;
  /** The kernels that its last steps ran. */
  readonly calls: Executable['calls'];
  readonly done: () => boolean;
  /** Tokens so far, of all requests together. */
  readonly written: () => number;
  readonly step: (signal?: AbortSignal) => Promise<void>;
  /**
   * Writes the same texts again without a trace, to know the time between tokens when nobody looks; answers whether
   * they were the same.
   */
  readonly writeAgain: (signal?: AbortSignal) => Promise<boolean>;
  /** Ends all requests where they are. */
  readonly stop: () => void;
  readonly result: () => GenerationResult;
  /** The result so far, and when it was told last, performance.now() ms. */
  readonly tell: () => GenerationResult;
  readonly toldAt: () => number;
  /** Of the last step. */
  readonly spans: () => readonly Span[];
  readonly destroy: () => void;
};

/** A prompt that is continued. Times are on the clock of this model's own steps, ms. */
type Request = {
  /** Tokens that are still to be fed. */
  left: readonly number[];
  readonly ids: number[];
  ended: Continuation['ended'];
  ttftMs: number | null;
  readonly gapsMs: number[];
  /** When its last token came. */
  lastAt: number;
  readonly random: () => number;
};

/** How many steps of a token each are rehearsed. */
const REHEARSED = 2;

export async function createWriter(
  lab: Lab,
  deployed: Deployed,
  combination: Combination,
  { tokenizer, stopTokens }: ChosenModel,
  prompts: readonly (readonly number[])[],
  settings: GenerateSettings,
): Promise<Writer> {
  const decoder = await decoderFor(lab, deployed, combination, prompts, settings);
  const stops: ReadonlySet<number> = settings.stopAtEnd ? stopTokens : new Set();
  const requests = prompts.map((ids, i) => requestOf(ids, seededRandom(settings.seed + i)));
  const steps: StepResult[] = [];
  let spans: readonly Span[] = [];
  let untraced: GenerationResult['tbtMs'] = null;
  let spent = 0;
  let told = 0;
  const result = (): GenerationResult => ({
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
    ttftMs: medianOf(requests.flatMap(({ ttftMs }) => ttftMs ?? [])),
    tbtMs: betweenTokensOf(steps),
    untracedTbtMs: untraced,
    decoding: null,
    steps: [...steps],
    cacheBytes: decoder.cacheBytes,
  });
  return {
    combination,
    async rehearse(signal) {
      let { ids } = await decoder.step(
        prompts.map((prompt) => prompt.slice(0, settings.chunk)),
        { signal },
      );
      // The caches have room for no more than is to be written.
      for (let step = 0; step < Math.min(REHEARSED, settings.tokens - 1); step++)
        ({ ids } = await decoder.step(
          ids.map((own) => [own!]),
          { signal },
        ));
      decoder.rewind();
    },
    calls: decoder.calls,
    written: () => requests.reduce((sum, { ids }) => sum + ids.length, 0),
    done: () => requests.every(({ ended }) => ended !== 'no'),
    result,
    toldAt: () => told,
    tell() {
      told = performance.now();
      return result();
    },
    spans: () => spans,
    stop() {
      for (const request of requests) if (request.ended === 'no') request.ended = 'stopped';
    },
    async step(signal) {
      const fed = requests.map(({ left, ended }) => (ended === 'no' ? left.slice(0, settings.chunk) : []));
      const prefill = requests.some(({ ids, ended }) => ended === 'no' && ids.length === 0);
      const draws = requests.map((request) => drawFor(request, settings));
      const { ids, run } = await decoder.step(fed, { draws, signal });
      const came = requests.filter((request, i) => takeToken(request, fed[i]!.length, ids[i]!, stops, settings.tokens));
      // What the lab does around the run, such as setting its clock, is left out.
      const { wallMs } = run;
      spent += wallMs;
      for (const request of came) tokenCame(request, spent);
      spans = run.spans();
      const tokens = fed.reduce((sum, ids) => sum + ids.length, 0);
      const isWired = settings.link !== null;
      steps.push(stepOf(decoder.program, run, spans, settings.ranks, isWired, { tokens, prefill, wallMs }));
    },
    async writeAgain(signal) {
      // As many steps as all requests have.
      const count = Math.min(...requests.map(({ ids }) => ids.length)) - 1;
      const chunks = new Set(prompts.map((ids) => Math.ceil(ids.length / settings.chunk)));
      // Where some prompts are fed while others go on, batches would be others, and so perhaps the last bits.
      if (count < 1 || chunks.size > 1 || requests.some(({ ended }) => ended === 'stopped')) return true;
      decoder.rewind();
      const randoms = prompts.map((_, i) => seededRandom(settings.seed + i));
      const draw = () => randoms.map((random) => (settings.sampling.temperature > 0 ? random() : 0));
      const last = await fedPrompts(decoder, prompts, settings.chunk, draw, signal);
      const written: (readonly number[])[] = [last];
      const times: number[] = [];
      const onStep = (ids: readonly number[], ms: number) => {
        written.push(ids);
        times.push(ms);
      };
      await decoder.write(last, count, draw, onStep, signal);
      // The first step waits for its own beginning.
      untraced = tokenTimesOf(times.slice(1));
      return written.every((ids, step) => ids.every((id, i) => id === requests[i]!.ids[step]));
    },
    destroy: () => decoder.destroy(),
  };
}

/** Feeds the prompts in chunks; answers the first token of each, which are drawn in the step that has all of it. */
async function fedPrompts(
  decoder: Decoder,
  prompts: readonly (readonly number[])[],
  chunk: number,
  draw: () => readonly number[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const draws = draw();
  const first = new Array<number>(prompts.length);
  for (let fed = 0; prompts.some((ids) => ids.length > fed); fed += chunk) {
    const { ids } = await decoder.step(
      prompts.map((prompt) => prompt.slice(fed, fed + chunk)),
      { draws, signal, untraced: true },
    );
    for (const [i, id] of ids.entries()) if (id !== null) first[i] = id;
  }
  return first;
}

function decoderFor(
  lab: Lab,
  deployed: Deployed,
  { connectivity, schedule }: Combination,
  prompts: readonly (readonly number[])[],
  settings: GenerateSettings,
): Promise<Decoder> {
  const topology = topologyOf(settings, settings.link, settings.dilate ?? settings.ranks);
  return createDecoder(lab, deployed, connectivityOf(connectivity, deployed.checkpoint), {
    sequences: prompts.length,
    capacity: Math.max(...prompts.map((ids) => ids.length)) + settings.tokens - 1,
    schedule,
    cost: (op) => (op.kind === 'compute' ? 1 : 4),
    topology,
    seed: settings.seed,
    wire: settings.wire,
    sampling: settings.sampling,
    // Most steps decode: a token of each request.
    allReduce: allReduceOf(settings, topology, prompts.length, deployed.checkpoint.spec.hidden),
  });
}

const requestOf = (prompt: readonly number[], random: () => number): Request => ({
  left: prompt,
  ids: [],
  ended: 'no',
  ttftMs: null,
  gapsMs: [],
  lastAt: 0,
  random,
});

/** What a request's next token is drawn by, if the next step draws one. */
const drawFor = ({ left, ended, random }: Request, { chunk, sampling }: GenerateSettings): number =>
  ended === 'no' && left.length <= chunk && sampling.temperature > 0 ? random() : 0;

/** Takes what was fed off a request and, if that was all, takes its next token; answers whether one came. */
function takeToken(
  request: Request,
  fed: number,
  id: number | null,
  stops: ReadonlySet<number>,
  tokens: number,
): boolean {
  if (request.ended !== 'no') return false;
  request.left = request.left.slice(fed);
  if (request.left.length > 0) return false;
  request.ids.push(id!);
  request.left = [id!];
  if (stops.has(id!)) request.ended = 'stop token';
  else if (request.ids.length === tokens) request.ended = 'length';
  return true;
}

function tokenCame(request: Request, at: number): void {
  if (request.ttftMs === null) request.ttftMs = at;
  else request.gapsMs.push(at - request.lastAt);
  request.lastAt = at;
}

const medianOf = (values: readonly number[]): number | null => (values.length > 0 ? median([...values]) : null);
