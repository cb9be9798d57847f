import { describe, test } from 'vitest';
import { agreesWithPyTorch, FOLDERS } from './check_case';
import { PLANS } from './decode_case';

describe.each(PLANS)('on $ranks ranks ($kind)', (plan) => {
  test.each(FOLDERS)('%s computes what PyTorch computes', (name, connectivities) =>
    agreesWithPyTorch(name, connectivities, plan),
  );
});
