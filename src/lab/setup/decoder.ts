import { createExecutable, type Executable } from '../../cluster/executable';
import { feedOf, type Segment } from '../../cluster/feed';
import type { Pause } from '../../cluster/pause';
import type { RunResult } from '../../cluster/run_contract';
import type { Connectivity } from '../../connectivity/connectivity';
import { refusingErrors } from '../../gpu/device';
import { holdersOf, resultPlaceOf } from '../../model/plan';
import { linksOf, type Topology } from '../../network/topology';
import { DRAWN_TOKENS, GREEDY, type LoweringOptions } from '../../program/lower';
import { INPUTS, type Program } from '../../program/program';
import type { Cost, ScheduleKind } from '../../schedule/orders';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { checkSequences } from './forward';
import { createKnownClock } from './known_clock';
import { type Deployed, type Lab, positionsOf } from './lab';

/** A model with its keys and values kept, so that each step computes just the tokens that are new. */
export type Decoder = {
  /**
   * Appends tokens to the sequences (none to those whose list is empty) and answers, for each sequence that got some,
   * the logits [vocabulary] of its last token, or with `sampling` the token that is drawn after it, else null. Throws
   * InputError for tokens that don't fit the model or the cache.
   */
  readonly step: (tokens: readonly (readonly number[])[], options?: StepOptions) => Promise<Step>;
  /**
   * Continues all sequences by `count` tokens each, without a trace, from their last ones, which are drawn but not
   * appended; `draw` gives what a step's tokens are drawn by. Tells the tokens of each step as soon as it has them, and
   * what it took: since the tokens before, where a step is submitted ahead. Only with `sampling`.
   */
  readonly write: (
    last: readonly number[],
    count: number,
    draw: () => readonly number[],
    onStep: (ids: readonly number[], ms: number) => void,
    signal?: AbortSignal,
  ) => Promise<void>;
  readonly lengths: () => readonly number[];
  /** Forgets all tokens and steps, as if it were new; its buffers and what is known of the clock stay. */
  readonly rewind: () => void;
  readonly program: Program;
  readonly calls: Executable['calls'];
  /** Bytes of the caches of all ranks together. */
  readonly cacheBytes: number;
  readonly destroy: () => void;
};
export type Step = {
  readonly logits: readonly (Float32Array | null)[];
  readonly ids: readonly (number | null)[];
  readonly run: RunResult;
};
type StepOptions = {
  /** What each sequence's next token is drawn by, in [0, 1). */
  readonly draws?: readonly number[];
  readonly signal?: AbortSignal | undefined;
  readonly untraced?: boolean;
};

type DecoderOptions = {
  readonly sequences: number;
  /** Tokens that a sequence can grow to. */
  readonly capacity: number;
  readonly schedule: ScheduleKind;
  /** What the overlapped schedule expects operations to take; any unit. */
  readonly cost: Cost;
  /** null: no wire. */
  readonly topology: Topology | null;
  /** Of the jitter of the links. */
  readonly seed?: number;
} & Partial<Pick<LoweringOptions, 'wire' | 'allReduce' | 'sampling'>>;

/** Steps that a stream has under way: one that is computed, one that is ready. */
const STEPS_AHEAD = 2;

/**
 * Compiles the kernels and takes the caches. Throws InputError when they don't fit the model or the GPU. Sequences are
 * spread by the cluster's plan; in a rank's caches they lie one after the other, `capacity` rows each.
 */
export async function createDecoder(
  lab: Lab,
  { checkpoint: { spec }, cluster }: Deployed,
  table: Connectivity,
  options: DecoderOptions,
): Promise<Decoder> {
  const { sequences, capacity, topology, seed = 1 } = options;
  if (capacity > positionsOf(spec))
    throw new InputError(
      phrase`Prompt and continuation have ${capacity} tokens, but the model reads at most ${positionsOf(spec)}; ask for fewer.`,
    );
  const { plan } = cluster;
  const { ranks } = plan;
  const { wire = 'f32', allReduce = 'direct', sampling = null } = options;
  const heldBy = Array.from({ length: sequences }, (_, i) => holdersOf(plan, i));
  const rowsOn = cluster.ranks.map(
    ({ index }) => capacity * heldBy.filter((ranksOf) => ranksOf.includes(index)).length,
  );
  const executable = await createExecutable(
    cluster,
    spec,
    table,
    { wire, allReduce, logits: 'last', hidden: false, cached: true, sampling },
    rowsOn.map((rows) => new Map([['cache', rows]])),
  );
  const orders = executable.schedule(options.schedule, options.cost);
  const lengths = new Array<number>(sequences).fill(0);
  let steps = 0;
  const clock = createKnownClock();

  type Placed = Segment & { readonly sequence: number };
  /** Tokens of the sequences that got some, on the ranks that hold them. */
  const segmentsOf = (tokens: readonly (readonly number[])[], draws: readonly number[]): Placed[][] => {
    const segments: Placed[][] = cluster.ranks.map(() => []);
    tokens.forEach((ids, sequence) => {
      const base = resultPlaceOf(plan, sequence).index * capacity;
      const draw = draws[sequence] ?? 0;
      if (ids.length > 0)
        for (const rank of heldBy[sequence]!)
          segments[rank]!.push({ sequence, ids, from: lengths[sequence]!, base, draw });
    });
    return segments;
  };
  const feedsOf = (segments: readonly Placed[][]) => segments.map((own, rank) => feedOf(rank, ranks, spec, own));
  const step: Decoder['step'] = async (tokens, { draws = [], signal, untraced = false } = {}) => {
    checkSequences(
      spec,
      tokens.filter((own) => own.length > 0),
    );
    const overflowing = tokens.findIndex((own, i) => lengths[i]! + own.length > capacity);
    if (overflowing >= 0)
      throw new InputError(phrase`Sequence ${overflowing} has no room left: its cache holds ${capacity} tokens.`);
    const segments = segmentsOf(tokens, draws);
    const run = await executable.run(orders, feedsOf(segments), {
      linkBetween: topology && linksOf(topology, ranks, seed + steps++),
      pause: lab.pause,
      untraced,
      ...clock.options(),
      ...(signal && { signal }),
    });
    clock.learn(run);
    const logits = new Array<Float32Array | null>(sequences).fill(null);
    const ids = new Array<number | null>(sequences).fill(null);
    segments.forEach((own, rank) => {
      const told = run.outputs[rank]!.get(executable.program.outputs[0]!)!;
      const drawn = new Uint32Array(told.buffer, told.byteOffset, told.length);
      own.forEach(({ sequence, ids: { length } }, i) => {
        if (resultPlaceOf(plan, sequence).rank !== rank) return;
        lengths[sequence]! += length;
        if (sampling) ids[sequence] = drawn[i]!;
        else logits[sequence] = told.subarray(i * spec.vocabulary, (i + 1) * spec.vocabulary);
      });
    });
    return { logits, ids, run };
  };
  /** The feed of a rank alone for a token more of each sequence; the ids are carried over. */
  const nextFeed = (draws: readonly number[]) => {
    const one = lengths.map(() => [0]);
    const feed = feedsOf(segmentsOf(one, draws))[0]!;
    lengths.forEach((length, i) => {
      lengths[i] = length + 1;
    });
    return feed;
  };

  return {
    lengths: () => lengths,
    rewind() {
      // Attention sees just the rows that the tokens since then have written.
      lengths.fill(0);
      steps = 0;
    },
    program: executable.program,
    calls: executable.calls,
    cacheBytes: executable.keptBytes,
    destroy: executable.destroy,
    step,
    async write(last, count, draw, onStep, signal) {
      if (ranks === 1) {
        const stream = executable.stream(orders, CARRIED, Uint32Array.from(last));
        const submit = () => stream.submit(nextFeed(draw()));
        const tell = () => tellAhead(lab.pause, count, submit, onStep, signal);
        return refusingErrors(lab.engine.gpu, tell).finally(stream.close);
      }
      let next = last;
      for (let told = 0; told < count; told++) {
        const { ids, run } = await step(
          next.map((id) => [id]),
          { draws: draw(), signal, untraced: true },
        );
        next = ids as readonly number[];
        onStep(next, run.wallMs);
      }
    },
  };
}

const CARRIED = { input: INPUTS.ids, output: DRAWN_TOKENS };

/** Submits `count` steps, each before the one before it is told, and tells each with the time since the last, ms. */
async function tellAhead(
  pause: Pause,
  count: number,
  submit: () => Promise<readonly Uint32Array[]>,
  onStep: (ids: readonly number[], ms: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const underWay: Promise<readonly Uint32Array[]>[] = [];
  let toldAt = performance.now();
  try {
    for (let told = 0, submitted = 0; told < count; told++) {
      signal?.throwIfAborted();
      for (; submitted < Math.min(count, told + STEPS_AHEAD); submitted++) underWay.push(submit());
      const [ids] = await pause.during(underWay.shift()!);
      const at = performance.now();
      onStep([...ids!], at - toldAt);
      toldAt = at;
    }
  } finally {
    // Nobody asks for what is left after a stop.
    for (const left of underWay) left.catch(() => {});
  }
}

/** The most likely tokens after a prompt, up to `count` of them, over a wire that takes no time. */
export async function continueGreedily(
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
    topology: null,
    sampling: GREEDY,
  });
  const ids: number[] = [];
  try {
    for (let next: readonly number[] = prompt; prompt.length + ids.length < capacity; ) {
      const { ids: drawn } = await decoder.step([next], { signal, untraced: true });
      const id = drawn[0]!;
      ids.push(id);
      next = [id];
    }
  } finally {
    decoder.destroy();
  }
  return ids;
}
