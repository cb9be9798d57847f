import { feedOf, wholeSequences } from '../cluster/feed';
import { runOrders } from '../cluster/run';
import { INSTANT } from '../cluster/wire';
import { connectivityOf } from '../connectivity/connectivity';
import type { Switches } from '../connectivity/switches';
import { InputError } from '../model/error';
import { phrase } from '../model/phrase';
import { holdersOf, resultPlaceOf } from '../model/plan';
import type { ModelSpec } from '../model/spec';
import { LOGITS, type LoweringOptions, lower } from '../program/lower';
import { schedule } from '../program/schedule';
import { type Deployed, type Lab, positionsOf } from './lab';

export type Forward = {
  /** For each sequence, logits [T, vocabulary], or [vocabulary] of its last token. */
  readonly logits: readonly Float32Array[];
  /** hidden[k]: the residual stream after layer k (0: the embedding), for each sequence [T, hidden]; empty unless asked for. */
  readonly hidden: readonly (readonly Float32Array[])[];
};

export type ForwardOptions = Pick<LoweringOptions, 'logits' | 'hidden'> &
  Partial<Pick<LoweringOptions, 'wire' | 'allReduce'>> & { readonly signal?: AbortSignal };

/**
 * What a model computes on some sequences, spread over the ranks by the cluster's plan, over a wire that takes no time. Throws
 * InputError when a sequence is longer than the model's positions or has a token outside its vocabulary.
 */
export async function forward(
  lab: Lab,
  { checkpoint: { spec }, cluster }: Deployed,
  switches: Switches,
  sequences: readonly (readonly number[])[],
  options: ForwardOptions,
): Promise<Forward> {
  checkSequences(spec, sequences);
  const { plan } = cluster;
  const { logits, hidden, wire = 'f32', allReduce = 'direct' } = options;
  const program = lower(spec, connectivityOf(spec, switches), { plan, wire, allReduce, cached: false, logits, hidden });
  const orders = schedule(program, 'overlapped', () => 1);
  const dealt = cluster.ranks.map(({ index }) => sequences.filter((_, i) => holdersOf(plan, i).includes(index)));
  const feeds = dealt.map((own, rank) => feedOf(rank, plan.ranks, spec, wholeSequences(own), 0));
  const { outputs } = await runOrders(cluster, program, orders, feeds, {
    linkBetween: () => INSTANT,
    pause: lab.pause,
    ...(options.signal && { signal: options.signal }),
  });
  const rowsIn = (i: number) => (options.logits === 'last' ? 1 : sequences[i]!.length);
  const collect = (name: string, width: number, rowsOf: (i: number) => number): Float32Array[] => {
    const at = outputs.map(() => 0);
    return sequences.map((_, i) => {
      const { rank } = resultPlaceOf(plan, i);
      const from = at[rank]!;
      at[rank] = from + rowsOf(i) * width;
      return outputs[rank]!.get(name)!.subarray(from, at[rank]);
    });
  };
  return {
    logits: collect(LOGITS, spec.vocabulary, rowsIn),
    hidden: options.hidden
      ? Array.from({ length: spec.layers.length + 1 }, (_, k) => collect(program.outputs[k + 1]!, spec.hidden, (i) => sequences[i]!.length))
      : [],
  };
}

export function checkSequences(spec: ModelSpec, sequences: readonly (readonly number[])[]): void {
  const positions = positionsOf(spec);
  for (const sequence of sequences) {
    if (sequence.length === 0) throw new InputError(phrase`A prompt needs at least one token; write some text.`);
    if (sequence.length > positions)
      throw new InputError(phrase`The prompt has ${sequence.length} tokens, but the model reads at most ${positions}; shorten it.`);
    const foreign = sequence.find((id) => !(id >= 0 && id < spec.vocabulary));
    if (foreign !== undefined)
      throw new InputError(
        phrase`Token ${foreign} is outside the model's vocabulary of ${spec.vocabulary}; use the model's own tokenizer.`,
      );
  }
}
