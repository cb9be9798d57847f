import { builderOn } from '../builder';
import type { KernelName } from '../kernels';
import { type Compute, isCollective, outputsOf, type Program } from '../program';
import { allToAllRule, spreadRule } from './collective_rules';
import { type Gradients, gradientOf, placeOf } from './gradients';
import { KERNEL_RULES } from './kernel_rules';
import { placeOfWeight } from './place_of_weight';

export type Differentiated = {
  readonly program: Program;
  /** Of each weight that has a part in what is differentiated, the value that holds its gradient, this rank's part. */
  readonly gradients: ReadonlyMap<string, string>;
};

/**
 * A program, and after it its derivative: of some values it has the gradients (`seeds`, value to gradient), and of the
 * weights that these depend on it computes them. Operations are walked from last to first, each by its kernel's rule
 * (kernel_rules.ts), so that all readers of a value have contributed before what wrote it. Throws where a kernel has no
 * rule. `tokens`: of a rank, about; where they are known and many, sums over them are split.
 */
export function differentiate(
  program: Program,
  seeds: ReadonlyMap<string, string>,
  tokens: number | null = null,
): Differentiated {
  const build = builderOn(program, 'backward');
  const writers = new Map(program.operations.flatMap((op) => outputsOf(op).map((name) => [name, op] as const)));
  const gradients: Gradients = {
    build,
    program,
    tokens,
    writers,
    parts: new Map([...seeds].map(([value, gradient]) => [value, [gradient]])),
    named: new Map(),
    ofEach: new Map(),
    moved: new Map(),
    ofSlots: new Map(),
  };
  for (const op of program.operations.toReversed()) {
    if (op.kind === 'all-to-all') allToAllRule(gradients, op);
    else if (isCollective(op)) spreadRule(gradients, op);
    else kernelRule(gradients, op);
  }
  const weights = [...program.values.values()].filter(
    (value) => value.lives === 'kept' && value.origin === 'checkpoint',
  );
  const found = weights.flatMap(({ name }) => {
    const gradient = gradientOf(gradients, name, placeOfWeight(name));
    return gradient ? [[name, gradient] as const] : [];
  });
  return {
    program: build.finish([...program.outputs, ...found.map(([, gradient]) => gradient)]),
    gradients: new Map(found),
  };
}

function kernelRule(gradients: Gradients, op: Compute): void {
  const own = op.outputs.map((name) => gradientOf(gradients, name, placeOf(op)));
  if (own.every((gradient) => gradient === null)) return;
  const rule = KERNEL_RULES[op.kernel] as ((g: Gradients, op: Compute, d: typeof own) => void) | undefined;
  if (!rule) throw new Error(`${op.kernel} has no derivative`);
  rule(gradients, op, own);
}

/** Kernels that can be differentiated. */
export const DIFFERENTIABLE = Object.keys(KERNEL_RULES) as readonly KernelName[];
