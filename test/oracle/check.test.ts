import { describe, test } from 'vitest';
import { agreesWithPyTorch, FOLDERS } from './check_case';

// All families spread the one way, both kinds of attention the other; check.long.test.ts has all plans.
describe('on 4 ranks (ep)', () => {
  test.each(FOLDERS)('%s computes what PyTorch computes', (name, connectivities) =>
    agreesWithPyTorch(
      name,
      connectivities.filter((each) => each === 'regular' || each === 'farskip'),
      { kind: 'ep', ranks: 4 },
    ),
  );
});

describe('on 2 ranks (tp)', () => {
  test.each([
    ['mixtral', ['farskip']],
    ['deepseek_v2', ['attn_only', 'mlp_only', 'last_half']],
  ] as const)('%s computes what PyTorch computes', (name, connectivities) =>
    agreesWithPyTorch(name, connectivities, { kind: 'tp', ranks: 2 }),
  );
});
