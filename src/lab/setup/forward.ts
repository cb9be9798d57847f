import { createExecutable } from '../../cluster/executable';
import { feedOf, wholeSequences } from '../../cluster/feed';
import type { Connectivity } from '../../connectivity/connectivity';
import { holdersOf, resultPlaceOf } from '../../model/plan';
import type { ModelSpec } from '../../model/spec';
import type { LoweringOptions } from '../../program/lower';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { type Deployed, type Lab, positionsOf } from './lab';

type Forward = {
  /** For each sequence, logits [T, vocabulary], or [vocabulary] of its last token. */
  readonly logits: readonly Float32Array[];
  /**
   * hidden[k]: the residual stream after layer k (0: the embedding), for each sequence [T, hidden]; empty unless asked
   * for.
   */
  readonly hidden: readonly (readonly Float32Array[])[];
};

type ForwardOptions = Pick<LoweringOptions, 'logits' | 'hidden'> & Partial<Pick<LoweringOptions, 'wire' | 'allReduce'>>;

/** A model ready to compute sequences, again and again. */
type ForwardPass = {
  /**
   * What the model computes on some sequences, spread over the ranks by the cluster's plan, over a wire that takes no
   * time. Throws InputError when a sequence is longer than the model's positions or has a token outside its vocabulary.
   */
  readonly run: (sequences: readonly (readonly number[])[], signal?: AbortSignal) => Promise<Forward>;
  readonly destroy: () => void;
};

export async function createForward(
  lab: Lab,
  { checkpoint: { spec }, cluster }: Deployed,
  table: Connectivity,
  { logits, hidden, wire = 'f32', allReduce = 'direct' }: ForwardOptions,
): Promise<ForwardPass> {
  const { plan } = cluster;
  const executable = await createExecutable(cluster, spec, table, {
    wire,
    allReduce,
    cached: false,
    logits,
    hidden,
  });
  const orders = executable.schedule('overlapped', () => 1);
  const [logitsName, ...hiddenNames] = executable.program.outputs;
  return {
    destroy: executable.destroy,
    async run(sequences, signal) {
      checkSequences(spec, sequences);
      const dealt = cluster.ranks.map(({ index }) => sequences.filter((_, i) => holdersOf(plan, i).includes(index)));
      const feeds = dealt.map((own, rank) => feedOf(rank, plan.ranks, spec, wholeSequences(own)));
      const { outputs } = await executable.run(orders, feeds, {
        linkBetween: null,
        pause: lab.pause,
        ...(signal && { signal }),
      });
      const collect = (name: string, width: number, rowsOf: (i: number) => number): Float32Array[] => {
        const at = outputs.map(() => 0);
        return sequences.map((_, i) => {
          const { rank } = resultPlaceOf(plan, i);
          const from = at[rank]!;
          at[rank] = from + rowsOf(i) * width;
          return outputs[rank]!.get(name)!.subarray(from, at[rank]);
        });
      };
      const tokensIn = (i: number) => sequences[i]!.length;
      return {
        logits: collect(logitsName!, spec.vocabulary, logits === 'last' ? () => 1 : tokensIn),
        hidden: hiddenNames.map((name) => collect(name, spec.hidden, tokensIn)),
      };
    },
  };
}

/** One forward pass. */
export async function forward(
  lab: Lab,
  model: Deployed,
  table: Connectivity,
  sequences: readonly (readonly number[])[],
  options: ForwardOptions,
): Promise<Forward> {
  const pass = await createForward(lab, model, table, options);
  try {
    return await pass.run(sequences);
  } finally {
    pass.destroy();
  }
}

export function checkSequences(spec: ModelSpec, sequences: readonly (readonly number[])[]): void {
  const positions = positionsOf(spec);
  for (const sequence of sequences) {
    if (sequence.length === 0) throw new InputError(phrase`A prompt needs at least one token; write some text.`);
    if (sequence.length > positions)
      throw new InputError(
        phrase`The prompt has ${sequence.length} tokens, but the model reads at most ${positions}; shorten it.`,
      );
    const foreign = sequence.find((id) => !(id >= 0 && id < spec.vocabulary));
    if (foreign !== undefined)
      throw new InputError(
        phrase`Token ${foreign} is outside the model's vocabulary of ${spec.vocabulary}; use the model's own tokenizer.`,
      );
  }
}
