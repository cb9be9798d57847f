import { createExecutable, type Executable } from '../../cluster/executable';
import { feedOf, type Segment } from '../../cluster/feed';
import type { RunResult } from '../../cluster/run';
import type { Connectivity } from '../../connectivity/connectivity';
import { holdersOf, resultPlaceOf } from '../../model/plan';
import { INSTANT_TOPOLOGY, linksOf, type Topology } from '../../network/topology';
import { LOGITS, type LoweringOptions } from '../../program/lower';
import type { Program } from '../../program/program';
import type { Cost, ScheduleKind } from '../../schedule/orders';
import type { ClockBounds } from '../../trace/clock';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { argmax } from '../statistics/numbers';
import { checkSequences } from './forward';
import { type Deployed, type Lab, positionsOf } from './lab';

/** A model with its keys and values kept, so that each step computes just the tokens that are new. */
export type Decoder = {
  /**
   * Appends tokens to the sequences (none to those whose list is empty) and answers, for each sequence that got some,
   * the logits [vocabulary] of its last token, else null. Throws InputError for tokens that don't fit the model or the
   * cache.
   */
  readonly step: (tokens: readonly (readonly number[])[], signal?: AbortSignal) => Promise<Step>;
  readonly lengths: () => readonly number[];
  /** Forgets all tokens and steps, as if it were new; its buffers and what is known of the clock stay. */
  readonly rewind: () => void;
  readonly program: Program;
  readonly calls: Executable['calls'];
  /** Bytes of the caches of all ranks together. */
  readonly cacheBytes: number;
  readonly destroy: () => void;
};
export type Step = { readonly logits: readonly (Float32Array | null)[]; readonly run: RunResult };

type DecoderOptions = {
  readonly sequences: number;
  /** Tokens that a sequence can grow to. */
  readonly capacity: number;
  readonly schedule: ScheduleKind;
  /** What the overlapped schedule expects operations to take; any unit. */
  readonly cost: Cost;
  readonly topology: Topology;
  /** Of the jitter of the links. */
  readonly seed?: number;
} & Partial<Pick<LoweringOptions, 'wire' | 'allReduce'>>;

/** How long bounds of the GPU's clock are trusted: clocks drift by some microseconds a second. */
const CLOCK_AGE_MS = 2000;

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
  const { wire = 'f32', allReduce = 'direct' } = options;
  const heldBy = Array.from({ length: sequences }, (_, i) => holdersOf(plan, i));
  const rowsOn = cluster.ranks.map(
    ({ index }) => capacity * heldBy.filter((ranksOf) => ranksOf.includes(index)).length,
  );
  const executable = await createExecutable(
    cluster,
    spec,
    table,
    { wire, allReduce, logits: 'last', hidden: false, cached: true },
    rowsOn.map((rows) => new Map([['cache', rows]])),
  );
  const orders = executable.schedule(options.schedule, options.cost);
  const lengths = new Array<number>(sequences).fill(0);
  let steps = 0;
  let clock: { bounds: ClockBounds; since: number } | null = null;

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
    async step(tokens, signal) {
      checkSequences(
        spec,
        tokens.filter((own) => own.length > 0),
      );
      const overflowing = tokens.findIndex((own, i) => lengths[i]! + own.length > capacity);
      if (overflowing >= 0)
        throw new InputError(phrase`Sequence ${overflowing} has no room left: its cache holds ${capacity} tokens.`);
      const segments: (Segment & { sequence: number })[][] = cluster.ranks.map(() => []);
      tokens.forEach((ids, sequence) => {
        const base = resultPlaceOf(plan, sequence).index * capacity;
        if (ids.length > 0)
          for (const rank of heldBy[sequence]!) segments[rank]!.push({ sequence, ids, from: lengths[sequence]!, base });
      });
      const feeds = segments.map((own, rank) => feedOf(rank, ranks, spec, own));
      if (clock && performance.now() - clock.since > CLOCK_AGE_MS) clock = null;
      const run = await executable.run(orders, feeds, {
        linkBetween: linksOf(topology, ranks, seed + steps++),
        pause: lab.pause,
        ...(clock && { clock: clock.bounds }),
        ...(signal && { signal }),
      });
      clock = { bounds: run.clock, since: clock?.since ?? performance.now() };
      const logits = new Array<Float32Array | null>(sequences).fill(null);
      segments.forEach((own, rank) => {
        own.forEach(({ sequence, ids }, i) => {
          if (resultPlaceOf(plan, sequence).rank !== rank) return;
          lengths[sequence]! += ids.length;
          logits[sequence] = run.outputs[rank]!.get(LOGITS)!.subarray(i * spec.vocabulary, (i + 1) * spec.vocabulary);
        });
      });
      return { logits, run };
    },
  };
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
