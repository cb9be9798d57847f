import { describe, test } from 'vitest';
import { FOLDERS } from './check_case';
import { PLANS } from './decode_case';
import { gradientsAgree } from './gradients_case';

describe.each(PLANS)('on $ranks ranks ($kind)', (plan) => {
  test.each(FOLDERS.flatMap(([name, own]) => own.map((connectivity) => [name, connectivity] as const)))(
    'gradients of %s, %s, agree with PyTorch',
    (name, connectivity) => gradientsAgree(name, connectivity, plan),
  );
});
