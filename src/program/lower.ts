import { type Connectivity, readsOf, type SubBlock, type Term, termsOf } from '../connectivity/connectivity';
import { reducedTogether } from '../connectivity/reduced_together';
import type { Plan } from '../model/plan';
import type { AttentionSpec, ModelSpec } from '../model/spec';
import { headOf, shapeOnRank, type Weight, weightsOf } from '../model/weights';
import { type Builder, programBuilder } from './builder';
import { constantsOf } from './constants';
import { lowerAllReduce, type WireFormat } from './lower_all_reduce';
import { lowerAttention } from './lower_attention';
import { lowerGatedMlp, lowerRouted } from './lower_feed_forward';
import { INPUTS, type KeptValue, type Program, type Split, type Spread } from './program';

export type LoweringOptions = {
  readonly plan: Plan;
  readonly wire: WireFormat;
  /** How all-reduces are done (`tp`). */
  readonly allReduce: Spread['algorithm'];
  /** Logits of every token, or of the last of each sequence. */
  readonly logits: 'all' | 'last';
  /**
   * Whether the residual stream is an output too: after the logits, outputs[1 + k] is the stream after layer k, 0 the
   * embedding.
   */
  readonly hidden: boolean;
  /** Whether keys and values are kept in caches, of which tokens of earlier runs are read too. */
  readonly cached: boolean;
};

export const LOGITS = 'logits';

/**
 * Values of a model that ranks keep, whatever programs they run: its weights, each with a rank's part of it, and its
 * constants.
 */
export const keptValuesOf = (spec: ModelSpec, plan: Plan): KeptValue[] => [
  ...weightsOf(spec).map(
    (weight): KeptValue => ({
      name: weight.name,
      ...shapeOnRank(weight, plan),
      type: 'f32',
      lives: 'kept',
      split: splitOf(weight, plan),
      origin: 'checkpoint',
    }),
  ),
  ...constantsOf(spec).map(({ value }) => value),
];

function splitOf({ experts, split }: Weight, { kind }: Plan): Split {
  if (experts > 0) return { axis: 'rows', blocks: experts };
  return kind === 'tp' && split ? split : 'replicated';
}

/** The program of a model under a connectivity. */
export function lower(spec: ModelSpec, connectivity: Connectivity, options: LoweringOptions): Program {
  const build = programBuilder(keptValuesOf(spec, options.plan));
  return build.finish(lowerInto(build, spec, connectivity, options));
}

/**
 * Adds a forward pass to a program, and answers its outputs: per layer attention, router with Dispatch, routed experts,
 * Combine, and shared experts, in that order; each reads the sum of just the terms that the connectivity leaves it.
 * Under `tp` ranks compute parts of terms, and an all-reduce adds up those of a layer that every reader takes together.
 */
export function lowerInto(
  build: Builder,
  spec: ModelSpec,
  connectivity: Connectivity,
  options: LoweringOptions,
): string[] {
  const width = spec.hidden;
  const input = (name: string, rows: string, type: { type?: 'u32' }) => build.input({ name, rows, cols: 1, ...type });
  for (const name of [INPUTS.ids, INPUTS.position, INPUTS.own, INPUTS.first]) input(name, 'tokens', { type: 'u32' });
  if (spec.layers.some(({ attention }) => attention.kind === 'gqa' && attention.chunked))
    input(INPUTS.firstInChunk, 'tokens', { type: 'u32' });
  if (spec.layers.some(({ attention }) => attention.kind === 'gqa' && attention.tempered))
    input(INPUTS.temperature, 'tokens', {});
  if (spec.layers.some(({ feedForward: f }) => f.kind === 'moe' && f.router.weighs === 'input'))
    input(INPUTS.one, 'tokens', {});

  // Sums made so far, by the values in them: a sum that two sub-blocks read is computed once.
  const sums = new Map<string, string>();
  /** The value that brings a term; terms that are reduced together have one. */
  const termValue = new Map<Term, string>();
  const labels = new Map<string, string>();
  const norms = new Map<string, string>();

  const sumOfValues = (values: readonly string[], layer: number | null): string => {
    const last = values.at(-1)!;
    if (values.length === 1) return last;
    const known = sums.get(values.join('+'));
    if (known) return known;
    const rest = sumOfValues(values.slice(0, -1), layer);
    const name = build.compute(
      { block: 'residual', layer },
      `+ ${labels.get(last)}`,
      { kernel: 'add', sizes: { rows: 'tokens', width } },
      { inputs: [rest, last] },
      { name: `sum.${sums.size}`, rows: 'tokens', cols: width },
    );
    sums.set(values.join('+'), name);
    return name;
  };
  const sumOf = (terms: readonly Term[], layer: number | null): string =>
    sumOfValues([...new Set(terms.map((term) => termValue.get(term)!))], layer);
  const bring = (terms: readonly Term[], value: string): void => {
    for (const term of terms) termValue.set(term, value);
    labels.set(value, terms.join(', '));
  };
  const normed = (terms: readonly Term[], weight: string, layer: number | null, block: SubBlock | 'head'): string => {
    const x = sumOf(terms, layer);
    const known = norms.get(`${weight} ${x}`);
    if (known) return known;
    const name = build.compute(
      { block: block === 'routed' ? 'router' : block, layer },
      'norm',
      { kernel: 'rmsnorm', sizes: { rows: 'tokens', width, stride: width, eps: spec.normEps } },
      { inputs: [x, weight] },
      { name: `norm.${norms.size}`, rows: 'tokens', cols: width },
    );
    norms.set(`${weight} ${x}`, name);
    return name;
  };

  const embedding = build.compute(
    { block: 'embedding', layer: null },
    'embedding',
    { kernel: 'embedding', sizes: { rows: 'tokens', width } },
    { inputs: [INPUTS.ids, 'model.embed_tokens'] },
    { name: 'embedding', rows: 'tokens', cols: width },
  );
  bring(['embedding'], embedding);
  const stream: Term[] = ['embedding'];
  const hidden = [embedding];

  const { plan, wire } = options;
  const share = plan.kind === 'tp' ? plan.ranks : 1;
  const groupsOf = share > 1 ? reducedTogether(spec, connectivity) : [];
  spec.layers.forEach(({ attention, feedForward }, layer) => {
    const groups = groupsOf[layer] ?? [];
    const partial = new Map<Term, string>();
    /** A term as a rank has computed it; under `tp` its part of it. */
    const computed = (term: Term, value: string): void => {
      if (share === 1) {
        bring([term], value);
        return;
      }
      partial.set(term, value);
      const group = groups.find((terms) => terms.includes(term))!;
      if (!group.every((each) => partial.has(each))) return;
      const label = group.join(', ');
      const own = group
        .map((each) => partial.get(each)!)
        .reduce((sum, part, i) =>
          build.compute(
            { block: 'all-reduce', layer },
            'add parts',
            { kernel: 'add', sizes: { rows: 'tokens', width } },
            { inputs: [sum, part] },
            { name: `partial ${label} ${i}`, rows: 'tokens', cols: width },
          ),
        );
      bring(
        group,
        lowerAllReduce(build, own, { layer, width, ranks: share, wire, algorithm: options.allReduce, label }),
      );
    };
    const at = `model.layers.${layer}`;
    const reads = (block: SubBlock) => readsOf(spec, connectivity, layer, block);
    const attentionIn = normed(reads('attention'), `${at}.input_layernorm`, layer, 'attention');
    computed(
      `attention.${layer}`,
      lowerAttention(build, partOfAttention(attention, share), {
        layer,
        width,
        eps: spec.normEps,
        cached: options.cached,
        x: attentionIn,
      }),
    );

    const feedForwardNorm = `${at}.post_attention_layernorm`;
    if (feedForward.kind === 'moe') {
      const x = normed(reads('routed'), feedForwardNorm, layer, 'routed');
      computed(`routed.${layer}`, lowerRouted(build, feedForward, { layer, width, plan, wire, x }));
    }
    const sharedInner = feedForward.kind === 'dense' ? feedForward.inner : feedForward.sharedInner;
    if (sharedInner > 0) {
      const x = normed(reads('shared'), feedForwardNorm, layer, 'shared');
      const prefix = feedForward.kind === 'dense' ? `${at}.mlp` : `${at}.mlp.shared_experts`;
      computed(`shared.${layer}`, lowerGatedMlp(build, prefix, width, sharedInner / share, layer, x));
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
    { inputs: [x, 'model.norm'] },
    { name: 'final norm', rows, cols: width },
  );
  const logits = build.compute(
    { block: 'head', layer: null },
    'lm head',
    { kernel: 'gemm', sizes: { rows, inner: width, cols: spec.vocabulary } },
    { inputs: [final, headOf(spec)] },
    { name: LOGITS, rows, cols: spec.vocabulary },
  );
  return options.hidden ? [logits, ...hidden] : [logits];
}

/** A rank's heads. Fewer key-value heads than ranks: ranks share one. */
function partOfAttention(spec: AttentionSpec, share: number): AttentionSpec {
  const heads = spec.heads / share;
  return spec.kind === 'gqa' ? { ...spec, heads, kvHeads: Math.max(1, spec.kvHeads / share) } : { ...spec, heads };
}
