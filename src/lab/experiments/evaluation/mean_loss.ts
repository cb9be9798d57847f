import type { Cluster } from '../../../cluster/cluster';
import type { Connectivity } from '../../../connectivity/connectivity';
import type { Loss } from '../../../program/lower_training';
import type { Deployed, Lab } from '../../setup/lab';
import { createScorer } from '../../setup/scorer';
import { counts } from '../../setup/training_feeds';

/** A mean over tokens of some sequences. */
export type MeanLoss = { readonly loss: number; readonly sequences: number; readonly tokens: number };

/** The mean loss over those tokens of sequences that count: of the next token, all but each sequence's last. */
export async function lossOver(
  lab: Lab,
  model: Deployed,
  table: Connectivity,
  sequences: readonly (readonly number[])[],
  loss: Loss,
  {
    teacher,
    signal,
    onDone,
  }: {
    readonly teacher?: Cluster;
    readonly signal?: AbortSignal | undefined;
    readonly onDone?: (done: number, total: number) => void;
  },
): Promise<MeanLoss> {
  const scorer = await createScorer(lab, model, table, loss, teacher);
  try {
    const scores = await scorer.score(sequences, signal, (done) => onDone?.(done, sequences.length));
    let sum = 0;
    let tokens = 0;
    for (const { losses } of scores)
      for (const [i, own] of losses.entries()) {
        if (!counts(loss, i, losses.length)) continue;
        sum += own;
        tokens++;
      }
    return { loss: sum / tokens, sequences: sequences.length, tokens };
  } finally {
    scorer.destroy();
  }
}
