import type { Cluster } from '../../cluster/cluster';
import { bindProgram } from '../../cluster/executable';
import { bitsOf, feedOf, wholeSequences } from '../../cluster/feed';
import type { Connectivity } from '../../connectivity/connectivity';
import { holdersOf, resultPlaceOf } from '../../model/plan';
import { DRAWN_TOKENS } from '../../program/lower';
import { LOSSES, type Loss, lowerScoring } from '../../program/lower_training';
import { INPUTS } from '../../program/program';
import { checkSequences } from './forward';
import { besideTeacher } from './gradients';
import { createKnownClock } from './known_clock';
import type { Deployed, Lab } from './lab';
import { targetsOf } from './training_feeds';

/** Of a sequence, for each token: its loss (of the next token, or of the teacher), and the likeliest next one. */
export type Scores = { readonly losses: Float32Array; readonly likeliest: Uint32Array };

type Sequences = readonly (readonly number[])[];

/** A model ready to score sequences, again and again. */
export type Scorer = {
  /**
   * Of any sequences, spread over the ranks by the cluster's plan; `onDone` is told how many are done. Throws
   * InputError when a sequence is longer than the model's positions or has a token outside its vocabulary.
   */
  readonly score: (sequences: Sequences, signal?: AbortSignal, onDone?: (done: number) => void) => Promise<Scores[]>;
  readonly destroy: () => void;
};

/** Tokens of a pass at most, on all ranks: fewer where their logits would be large. */
const TOKENS_A_PASS = 16384;
const LOGITS_A_PASS = 2 ** 27;

/** A scorer; `teacher` has the weights of a frozen one, and must last longer. */
export async function createScorer(
  lab: Lab,
  { checkpoint: { spec }, cluster }: Deployed,
  table: Connectivity,
  loss: Loss,
  teacher?: Cluster,
): Promise<Scorer> {
  const { plan } = cluster;
  const program = lowerScoring(spec, table, { plan, wire: 'f32', allReduce: 'direct', loss });
  const executable = await bindProgram(cluster, program, besideTeacher(teacher));
  const clock = createKnownClock();
  const orders = executable.schedule('overlapped', () => 1);
  const most = Math.min(TOKENS_A_PASS, LOGITS_A_PASS / spec.vocabulary);

  async function scorePart(sequences: Sequences, signal: AbortSignal | undefined): Promise<Scores[]> {
    const feeds = cluster.ranks.map(({ index }) => {
      const own = sequences.filter((_, i) => holdersOf(plan, i).includes(index));
      const feed = feedOf(index, plan.ranks, spec, wholeSequences(own));
      const targets = targetsOf(own);
      const ones = bitsOf(new Float32Array(targets.length).fill(1));
      const draws = new Uint32Array(targets.length);
      const more = [
        [INPUTS.target, targets],
        [INPUTS.lossWeight, ones],
        [INPUTS.draw, draws],
      ] as const;
      return { ...feed, inputs: new Map([...feed.inputs, ...more]) };
    });
    const run = await executable.run(orders, feeds, {
      linkBetween: null,
      pause: lab.pause,
      untraced: true,
      ...clock.options(),
      ...(signal && { signal }),
    });
    clock.learn(run);
    const { outputs } = run;
    const at = outputs.map(() => 0);
    return sequences.map(({ length }, i) => {
      const { rank } = resultPlaceOf(plan, i);
      const from = at[rank]!;
      at[rank] = from + length;
      const likeliest = outputs[rank]!.get(DRAWN_TOKENS)!;
      return {
        losses: outputs[rank]!.get(LOSSES)!.slice(from, from + length),
        likeliest: new Uint32Array(likeliest.slice(from, from + length).buffer),
      };
    });
  }

  return {
    destroy: executable.destroy,
    async score(sequences, signal, onDone) {
      checkSequences(spec, sequences);
      const scores: Scores[] = [];
      while (scores.length < sequences.length) {
        onDone?.(scores.length);
        scores.push(...(await scorePart(partFrom(sequences, scores.length, most), signal)));
      }
      return scores;
    },
  };
}

/** Sequences from one on, as many as have at most so many tokens together, and one at least. */
function partFrom(sequences: Sequences, from: number, most: number): Sequences {
  let tokens = 0;
  let end = from;
  while (end < sequences.length && (end === from || tokens + sequences[end]!.length <= most)) {
    tokens += sequences[end]!.length;
    end++;
  }
  return sequences.slice(from, end);
}
