import { openCheckpoint } from '../model/checkpoint';
import { parseSafetensors } from '../model/safetensors';
import { readFile, within } from '../model/source';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { sequencesOf } from './check';
import { connectivityOf } from './find_model';
import { createForward, type ForwardPass } from './forward';
import { deploy, type Lab } from './lab';
import { crossEntropy } from './numbers';

export type Evaluation = { readonly loss: number; readonly sequences: number; readonly tokens: number };

/** Tokens of a batch at most: fewer where their logits would be large. */
const TOKENS_A_BATCH = 4096;
const LOGITS_A_BATCH = 2 ** 27;

/**
 * Mean next-token cross-entropy of a checkpoint over the windows `input_ids` [B, T] of a safetensors file: the mean
 * over B × (T − 1) positions. `connectivity` null takes the FarSkip keys of the checkpoint's own config.
 */
export async function evaluate(
  lab: Lab,
  folder: string,
  connectivity: string | null,
  val: string,
  ranks: number,
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const windows = parseSafetensors(await readFile(lab.source, val), lab.source.nameOf(val)).get('input_ids');
  if (windows?.shape.length !== 2)
    throw new InputError(phrase`${val} should have a tensor input_ids [windows, tokens].`);
  const sequences = sequencesOf(windows);
  const checkpoint = await openCheckpoint(within(lab.source, folder));
  const table = connectivityOf(connectivity ?? 'config', checkpoint);
  const model = await deploy(lab, checkpoint, { kind: 'ep', ranks }, { signal });
  const atOnce = Math.max(
    1,
    Math.floor(Math.min(TOKENS_A_BATCH, LOGITS_A_BATCH / checkpoint.spec.vocabulary) / windows.shape[1]!),
  );
  let sum = 0;
  let tokens = 0;
  let pass: ForwardPass | null = null;
  try {
    pass = await createForward(lab, model, table, { logits: 'all', hidden: false });
    for (let i = 0; i < sequences.length; i += atOnce) {
      onProgress(i, sequences.length);
      const part = sequences.slice(i, i + atOnce);
      const { logits } = await pass.run(part, signal);
      logits.forEach((own, j) => {
        const loss = crossEntropy(own, part[j]!);
        sum += loss.sum;
        tokens += loss.count;
      });
    }
  } finally {
    pass?.destroy();
    model.cluster.destroy();
  }
  return { loss: sum / tokens, sequences: sequences.length, tokens };
}
