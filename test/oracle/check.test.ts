import { expect, test } from 'vitest';
import { type CheckRow, check } from '../../src/lab/check';
import { openLab } from '../support';
import { PLANS } from './decode_case';

const folders = {
  mixtral: ['regular', 'farskip'],
  qwen3_moe: ['regular', 'farskip'],
  deepseek_v2: ['regular', 'farskip', 'attn_only', 'mlp_only', 'last_half'],
  deepseek_v3: ['regular', 'farskip'],
  llama4: ['regular', 'farskip'],
  instella: ['farskip'],
};

// One rank, and the largest of both ways; `npm run lab -- check` has them all.
for (const plan of PLANS.filter(({ ranks }) => ranks !== 2))
  for (const [name, connectivities] of Object.entries(folders))
    test(`${name} on ${plan.ranks} ranks (${plan.kind}) computes what PyTorch computes`, async () => {
      const lab = await openLab();
      const rows: CheckRow[] = [];
      for await (const row of check(lab, `test/oracle/fixtures/${name}`, connectivities, plan)) rows.push(row);
      const done = rows.filter((row) => row.status !== 'not yet');
      expect(done.filter((row) => row.status === 'failed')).toEqual([]);
      // Logits, loss, greedy tokens, the embedding and three layers' hidden states, for each connectivity.
      expect(done).toHaveLength(connectivities.length * 7);
    });
