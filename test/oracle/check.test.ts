import { describe, test } from 'vitest';
import { agreesWithPyTorch, FOLDERS } from './check_case';

// The largest of both ways to spread a model; check.long.test.ts has them all.
describe.each(['ep', 'tp'] as const)('on 4 ranks (%s)', (kind) => {
  test.each(FOLDERS)('%s computes what PyTorch computes', (name, connectivities) =>
    agreesWithPyTorch(name, connectivities, { kind, ranks: 4 }),
  );
});
