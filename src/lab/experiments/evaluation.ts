import type { Connectivity } from '../../connectivity/connectivity';
import { openCheckpoint } from '../../model/checkpoint';
import { parseSafetensors } from '../../model/safetensors';
import { readFile, within } from '../../model/source';
import { InputError } from '../../words/error';
import type { Frozen } from '../../words/frozen';
import { phrase } from '../../words/phrase';
import { z } from '../../words/zod';
import { connectivityOf } from '../setup/find_model';
import { createForward } from '../setup/forward';
import { type Deployed, deploy, type Lab } from '../setup/lab';
import { crossEntropy } from '../statistics/numbers';
import { sequencesOf } from './check';
import { type Emit, type Experiment, tellRemark } from './experiment';
import { RunSettings } from './run_settings';

type Evaluation = { readonly loss: number; readonly sequences: number; readonly tokens: number };

/** Tokens of a batch at most: fewer where their logits would be large. */
const TOKENS_A_BATCH = 4096;
const LOGITS_A_BATCH = 2 ** 27;

const EvaluateSettings = z.object({
  folder: z.string(),
  /** `config` takes the FarSkip keys of the checkpoint's own config. */
  connectivity: RunSettings.shape.connectivity.element,
  /** A safetensors file with `input_ids` [windows, tokens]. */
  val: z.string(),
  ranks: RunSettings.shape.ranks,
});
type EvaluateSettings = Frozen<z.output<typeof EvaluateSettings>>;

/** Mean next-token cross-entropy of a checkpoint over windows [B, T]: the mean over B × (T − 1) positions. */
export const evaluateExperiment: Experiment<EvaluateSettings, Evaluation> = {
  settings: EvaluateSettings,
  paths: ['folder', 'val'],
  async run(lab, { folder, connectivity, val, ranks }, emit, signal) {
    const windows = parseSafetensors(await readFile(lab.source, val), lab.source.nameOf(val)).get('input_ids');
    if (windows?.shape.length !== 2 || windows.shape.includes(0))
      throw new InputError(phrase`${val} should have a tensor input_ids [windows, tokens].`);
    const checkpoint = await openCheckpoint(within(lab.source, folder));
    tellRemark(checkpoint, emit);
    const table = connectivityOf(connectivity, checkpoint);
    const model = await deploy(lab, checkpoint, { kind: 'ep', ranks }, { signal });
    try {
      return await lossOver(lab, model, table, sequencesOf(windows), emit, signal);
    } finally {
      model.cluster.destroy();
    }
  },
};

/** The mean loss of the next token over sequences. */
export async function lossOver(
  lab: Lab,
  model: Deployed,
  table: Connectivity,
  sequences: readonly (readonly number[])[],
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const { vocabulary } = model.checkpoint.spec;
  const most = Math.min(TOKENS_A_BATCH, LOGITS_A_BATCH / vocabulary) / sequences[0]!.length;
  const atOnce = Math.max(1, Math.floor(most));
  const pass = await createForward(lab, model, table, { logits: 'all', hidden: false });
  let sum = 0;
  let tokens = 0;
  try {
    for (let i = 0; i < sequences.length; i += atOnce) {
      emit({ kind: 'progress', doing: { phase: 'working' }, done: i, total: sequences.length, part: null });
      const part = sequences.slice(i, i + atOnce);
      const { logits } = await pass.run(part, signal);
      logits.forEach((own, j) => {
        const loss = crossEntropy(own, part[j]!);
        sum += loss.sum;
        tokens += loss.count;
      });
    }
  } finally {
    pass.destroy();
  }
  return { loss: sum / tokens, sequences: sequences.length, tokens };
}
