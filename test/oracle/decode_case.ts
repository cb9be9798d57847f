import { tableOf } from '../../src/connectivity/methods';
import { createDecoder } from '../../src/lab/setup/decoder';
import { forward } from '../../src/lab/setup/forward';
import { deploy, type Lab } from '../../src/lab/setup/lab';
import { openCheckpoint } from '../../src/model/checkpoint';
import type { Plan } from '../../src/model/plan';
import { within } from '../../src/model/source';
import { errorOf } from './compare';

const below = (n: number) => Math.floor(Math.random() * n);

export const FAMILIES = ['mixtral', 'qwen3_moe', 'deepseek_v2', 'deepseek_v3', 'llama4', 'instella'] as const;

const CONNECTIVITIES = ['regular', 'farskip', 'attn_only', 'mlp_only', 'last_half', 'ladder'];

/** Ways to spread the fixtures' models; Mixtral has two key-value heads, so that four ranks share them. */
export const PLANS: readonly Plan[] = [
  { kind: 'ep', ranks: 1 },
  { kind: 'ep', ranks: 2 },
  { kind: 'ep', ranks: 4 },
  { kind: 'tp', ranks: 2 },
  { kind: 'tp', ranks: 4 },
];

/**
 * Decodes random sequences of different lengths in random pieces and token by token, under every connectivity, and
 * answers the largest relative error of a step's logits against one prefill of the whole sequences; Infinity when a
 * sequence that got tokens has no logits, or the reverse.
 */
export async function decodeError(
  lab: Lab,
  family: (typeof FAMILIES)[number],
  plan: Plan,
  connectivities: readonly string[] = CONNECTIVITIES,
): Promise<number> {
  const model = await deploy(lab, await openCheckpoint(within(lab.source, `test/oracle/fixtures/${family}`)), plan);
  const { spec } = model.checkpoint;
  // Beyond the 64 tokens of a chunk for the model that attends in chunks; lengths that differ, on uneven ranks.
  const lengths = family === 'llama4' ? [71, 66, 9] : [19, 8, 13];
  const sequences = lengths.map((length) => Array.from({ length }, () => below(spec.vocabulary)));
  let worst = 0;
  for (const name of connectivities) {
    const table = tableOf(name, spec);
    const { logits: whole } = await forward(lab, model, table, sequences, { logits: 'all', hidden: false });
    const decoder = await createDecoder(lab, model, table, {
      sequences: sequences.length,
      capacity: Math.max(...lengths),
      schedule: 'overlapped',
      cost: () => 1,
      topology: null,
    });
    // A long piece first, then pieces of 1 to 4 tokens; some sequences wait now and then.
    let first = true;
    while (decoder.lengths().some((length, i) => length < lengths[i]!)) {
      const at = [...decoder.lengths()];
      const pieces = sequences.map((ids, i) =>
        ids.slice(at[i], at[i]! + (first ? Math.max(1, ids.length - 9) : below(5))),
      );
      first = false;
      const { logits } = await decoder.step(pieces);
      logits.forEach((own, i) => {
        if ((own === null) !== (pieces[i]!.length === 0)) worst = Number.POSITIVE_INFINITY;
        if (!own) return;
        const last = decoder.lengths()[i]! - 1;
        worst = Math.max(worst, errorOf(own, whole[i]!.subarray(last * spec.vocabulary, (last + 1) * spec.vocabulary)));
      });
    }
    decoder.destroy();
  }
  model.cluster.destroy();
  return worst;
}
