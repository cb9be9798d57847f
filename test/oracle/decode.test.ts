import { expect, test } from 'vitest';
import { INSTANT } from '../../src/cluster/wire';
import { namedSwitches } from '../../src/connectivity/switches';
import { TOLERANCE } from '../../src/lab/check';
import { createDecoder } from '../../src/lab/decoder';
import { forward } from '../../src/lab/forward';
import { deploy } from '../../src/lab/lab';
import { relativeError } from '../../src/lab/numbers';
import { openCheckpoint } from '../../src/model/checkpoint';
import { within } from '../../src/model/source';
import { openLab } from '../support';

const below = (n: number) => Math.floor(Math.random() * n);

for (const ranks of [1, 2, 4])
  for (const family of ['mixtral', 'qwen3_moe', 'deepseek_v2', 'deepseek_v3', 'llama4', 'instella'])
    test(`${family} on ${ranks} ranks decodes in any pieces as in one prefill`, async () => {
      const lab = await openLab();
      const model = await deploy(lab, await openCheckpoint(within(lab.source, `test/oracle/fixtures/${family}`)), ranks);
      const { spec } = model.checkpoint;
      // Beyond the 64 tokens of a chunk for the model that attends in chunks; lengths that differ, on uneven ranks.
      const lengths = family === 'llama4' ? [71, 66, 9] : [19, 8, 13];
      const sequences = lengths.map((length) => Array.from({ length }, () => below(spec.vocabulary)));
      const names = family === 'deepseek_v2' ? ['regular', 'farskip', 'attn_only', 'mlp_only', 'last_half'] : ['regular', 'farskip'];
      for (const name of names) {
        const switches = namedSwitches(name, spec);
        const { logits: whole } = await forward(lab, model, switches, sequences, { logits: 'all', hidden: false });
        const decoder = createDecoder(lab, model, switches, {
          sequences: sequences.length,
          capacity: Math.max(...lengths),
          schedule: 'overlapped',
          cost: () => 1,
          link: INSTANT,
        });
        // A long piece first, then pieces of 1 to 4 tokens; some sequences wait now and then.
        let first = true;
        while (decoder.lengths().some((length, i) => length < lengths[i]!)) {
          const at = [...decoder.lengths()];
          const pieces = sequences.map((ids, i) => {
            const count = first ? Math.max(1, ids.length - 9) : below(5);
            return ids.slice(at[i], at[i]! + count);
          });
          first = false;
          const { logits } = await decoder.step(pieces);
          logits.forEach((own, i) => {
            expect(own === null).toBe(pieces[i]!.length === 0);
            if (!own) return;
            const last = decoder.lengths()[i]! - 1;
            const expected = whole[i]!.subarray(last * spec.vocabulary, (last + 1) * spec.vocabulary);
            expect(relativeError(own, expected), `${name}, sequence ${i}, token ${last}`).toBeLessThanOrEqual(TOLERANCE);
          });
        }
        decoder.destroy();
      }
      model.cluster.destroy();
    });
