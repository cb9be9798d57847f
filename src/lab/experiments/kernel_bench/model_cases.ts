import { feedOf, wholeSequences } from '../../../cluster/feed';
import { tableOf } from '../../../connectivity/methods';
import { balancedPairs, keysOfTokens } from '../../../gpu/scratch';
import type { ModelSpec } from '../../../model/spec';
import { type KernelName, type NamedSizes, sizesOf } from '../../../program/kernels';
import { lower } from '../../../program/lower';
import { exchangeSymbols } from '../../../program/program';
import type { BenchCase } from './bench_cases';

/**
 * Products and attention of a prefill of `tokens` on one device, each shape once, with how often it runs. Every token
 * goes to as many experts as it should, and all experts get as many.
 */
export function modelCases(spec: ModelSpec, tokens: number): (BenchCase & { readonly times: number })[] {
  const program = lower(spec, tableOf('regular', spec), {
    plan: { kind: 'ep', ranks: 1 },
    wire: 'bf16',
    allReduce: 'direct',
    logits: 'last',
    hidden: false,
    cached: false,
  });
  const symbols = new Map(feedOf(0, 1, spec, wholeSequences([new Array<number>(tokens).fill(0)])).symbols);
  const topK = Math.max(0, ...spec.layers.map(({ feedForward: f }) => (f.kind === 'moe' ? f.topK : 0)));
  for (const name of program.exchanges.keys()) {
    const { sent, received, pairs } = exchangeSymbols(name);
    symbols
      .set(sent, tokens)
      .set(received, tokens)
      .set(pairs, tokens * topK);
  }
  const cases = new Map<string, BenchCase & { times: number }>();
  for (const op of program.operations) {
    if (op.kind !== 'compute' || !isTimed(op.kernel)) continue;
    const sizes = sizesOf(op, symbols);
    const name = `${op.kernel} ${JSON.stringify(sizes)}`;
    const known = cases.get(name);
    if (known) known.times++;
    else cases.set(name, { ...caseOf(op.kernel, sizes), times: 1 });
  }
  return [...cases.values()];
}

const isTimed = (kernel: KernelName): boolean => kernel === 'attention' || kernel.includes('gemm');

function caseOf(kernel: KernelName, sizes: NamedSizes): BenchCase {
  const { rows, inner, cols, width, pairs, groups, heads, keyDim, valueDim, keys, keyRows } = sizes;
  if (kernel === 'attention')
    return {
      kernel,
      sizes,
      shape: `${rows} causal, ${heads} heads of ${keyDim}, ${valueDim}`,
      integers: keysOfTokens(rows!, keys!, keyRows!),
    };
  const outputs = cols ?? width;
  if (groups === undefined) return { kernel, sizes, shape: `${rows} × ${inner} → ${outputs}`, integers: [] };
  return {
    kernel,
    sizes,
    shape: `${groups} experts × ${pairs! / groups} × ${inner} → ${outputs}`,
    integers: balancedPairs(pairs!, groups),
  };
}
