import { type Connectivity, readsOf, type SubBlock, type Term, termsOf } from '../connectivity/connectivity';
import type { ModelSpec } from '../model/spec';
import { headOf } from '../model/weights';
import { programBuilder } from './builder';
import { lowerAttention } from './lower_attention';
import { lowerGatedMlp, lowerRouted } from './lower_feed_forward';
import { INPUTS, type Program } from './program';

/** How the program is spread: `ep` is data-parallel attention with the experts spread over `ranks`. */
export type ParallelPlan = { readonly kind: 'ep'; readonly ranks: number };

export type LoweringOptions = {
  readonly plan: ParallelPlan;
  /** Logits of every token, or of the last of each sequence. */
  readonly logits: 'all' | 'last';
  /** Whether the residual stream is an output too: after the logits, outputs[1 + k] is the stream after layer k, 0 the embedding. */
  readonly hidden: boolean;
  /** Whether keys and values are kept in caches, of which tokens of earlier runs are read too. */
  readonly cached: boolean;
};

export const LOGITS = 'logits';

/**
 * The program of a model under a connectivity: per layer attention, router with Dispatch, routed experts, Combine, and
 * shared experts, in that order; each reads the sum of just the terms that the connectivity leaves it.
 */
export function lower(spec: ModelSpec, connectivity: Connectivity, options: LoweringOptions): Program {
  const build = programBuilder();
  const width = spec.hidden;
  const input = (name: string, rows: string, type: { type?: 'u32' }) => build.input({ name, rows, cols: 1, ...type });
  for (const name of [INPUTS.ids, INPUTS.position, INPUTS.own, INPUTS.first]) input(name, 'tokens', { type: 'u32' });
  if (spec.layers.some(({ attention }) => attention.kind === 'gqa' && attention.chunked))
    input(INPUTS.firstInChunk, 'tokens', { type: 'u32' });
  if (spec.layers.some(({ attention }) => attention.kind === 'gqa' && attention.tempered)) input(INPUTS.temperature, 'tokens', {});
  if (spec.layers.some(({ feedForward: f }) => f.kind === 'moe' && f.router.weighs === 'input')) input(INPUTS.one, 'tokens', {});

  // Sums of terms made so far, by the terms in them: a sum that two sub-blocks read is computed once.
  const sums = new Map<string, string>();
  const termValue = new Map<Term, string>();
  const norms = new Map<string, string>();

  const sumOf = (terms: readonly Term[], layer: number | null): string => {
    const last = terms.at(-1)!;
    if (terms.length === 1) return termValue.get(last)!;
    const known = sums.get(terms.join('+'));
    if (known) return known;
    const rest = sumOf(terms.slice(0, -1), layer);
    const name = build.compute(
      { block: 'residual', layer },
      `+ ${last}`,
      { kernel: 'add', sizes: { rows: 'tokens', width } },
      { inputs: [rest, termValue.get(last)!] },
      { name: `sum.${sums.size}`, rows: 'tokens', cols: width },
    );
    sums.set(terms.join('+'), name);
    return name;
  };
  const normed = (terms: readonly Term[], weight: string, layer: number | null, block: SubBlock | 'head'): string => {
    const x = sumOf(terms, layer);
    const known = norms.get(`${weight} ${x}`);
    if (known) return known;
    const name = build.compute(
      { block: block === 'routed' ? 'router' : block, layer },
      'norm',
      { kernel: 'rmsnorm', sizes: { rows: 'tokens', width, stride: width, eps: spec.normEps } },
      { inputs: [x], weights: [weight] },
      { name: `norm.${norms.size}`, rows: 'tokens', cols: width },
    );
    norms.set(`${weight} ${x}`, name);
    return name;
  };

  termValue.set(
    'embedding',
    build.compute(
      { block: 'embedding', layer: null },
      'embedding',
      { kernel: 'embedding', sizes: { rows: 'tokens', width } },
      { inputs: [INPUTS.ids], weights: ['model.embed_tokens'] },
      { name: 'embedding', rows: 'tokens', cols: width },
    ),
  );
  const stream: Term[] = ['embedding'];
  const hidden = ['embedding'];

  spec.layers.forEach(({ attention, feedForward }, layer) => {
    const at = `model.layers.${layer}`;
    const reads = (block: SubBlock) => readsOf(spec, connectivity, layer, block);
    const attentionIn = normed(reads('attention'), `${at}.input_layernorm`, layer, 'attention');
    termValue.set(
      `attention.${layer}`,
      lowerAttention(build, attention, { layer, width, eps: spec.normEps, cached: options.cached, x: attentionIn }),
    );

    const feedForwardNorm = `${at}.post_attention_layernorm`;
    if (feedForward.kind === 'moe') {
      const x = normed(reads('routed'), feedForwardNorm, layer, 'routed');
      termValue.set(`routed.${layer}`, lowerRouted(build, feedForward, width, layer, options.plan.ranks, x));
    }
    const sharedInner = feedForward.kind === 'dense' ? feedForward.inner : feedForward.sharedInner;
    if (sharedInner > 0) {
      const x = normed(reads('shared'), feedForwardNorm, layer, 'shared');
      const prefix = feedForward.kind === 'dense' ? `${at}.mlp` : `${at}.mlp.shared_experts`;
      termValue.set(`shared.${layer}`, lowerGatedMlp(build, prefix, width, sharedInner, layer, x));
    }
    stream.push(...termsOf(spec, layer));
    if (options.hidden) hidden.push(sumOf(stream, layer));
  });

  let x = sumOf(stream, null);
  let rows = 'tokens';
  if (options.logits === 'last') {
    input(INPUTS.last, 'sequences', { type: 'u32' });
    rows = 'sequences';
    x = build.compute(
      { block: 'head', layer: null },
      'last tokens',
      { kernel: 'gather_rows', sizes: { rows, width } },
      { inputs: [x, INPUTS.last] },
      { name: 'last hidden', rows, cols: width },
    );
  }
  const final = build.compute(
    { block: 'head', layer: null },
    'norm',
    { kernel: 'rmsnorm', sizes: { rows, width, stride: width, eps: spec.normEps } },
    { inputs: [x], weights: ['model.norm'] },
    { name: 'final norm', rows, cols: width },
  );
  build.compute(
    { block: 'head', layer: null },
    'lm head',
    { kernel: 'gemm', sizes: { rows, inner: width, cols: spec.vocabulary } },
    { inputs: [final], weights: [headOf(spec)] },
    { name: LOGITS, rows, cols: spec.vocabulary },
  );
  return build.finish(options.hidden ? [LOGITS, ...hidden] : [LOGITS]);
}
