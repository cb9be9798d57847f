import { type Connectivity, readsOf, type SubBlock, type Term, termsOf } from '../connectivity/connectivity';
import { reducedTogether } from '../connectivity/reduced_together';
import type { Plan } from '../model/plan';
import type { AttentionSpec, ModelSpec } from '../model/spec';
import { headOf, shapeOnRank, type Weight, weightsOf } from '../model/weights';
import { type Builder, programBuilder } from './builder';
import { constantsOf } from './constants';
import type { Dim } from './dim';
import { lowerAllReduce, OF_TOKENS, type WireFormat } from './lower_all_reduce';
import { lowerAttention } from './lower_attention';
import { lowerGatedMlp, lowerRouted } from './lower_feed_forward';
import { bring, newStream, normOf, type Stream, sumOf } from './lower_stream';
import { INPUTS, type KeptValue, type Program, type Split, type Spread } from './program';

export type LoweringOptions = {
  readonly plan: Plan;
  readonly wire: WireFormat;
  /** How all-reduces are done (`tp`). */
  readonly allReduce: Spread['algorithm'];
  /** Logits of every token, or of the last of each sequence; or what they are computed from, of every token. */
  readonly logits: 'all' | 'last' | 'none';
  /**
   * Whether the residual stream is an output too: after the logits, outputs[1 + k] is the stream after layer k, 0 the
   * embedding.
   */
  readonly hidden: boolean;
  /** Whether keys and values are kept in caches, of which tokens of earlier runs are read too. */
  readonly cached: boolean;
  /** Where a token a sequence is drawn, the first output is these tokens, not the logits of its last token. */
  readonly sampling?: Sampling | null;
};

/** How the next token is chosen. Temperature 0 is greedy; topK 0 and topP 1 leave nothing out. */
export type Sampling = { readonly temperature: number; readonly topK: number; readonly topP: number };

/** The most likely token. */
export const GREEDY: Sampling = { temperature: 0, topK: 0, topP: 1 };

export const LOGITS = 'logits';
export const DRAWN_TOKENS = 'drawn tokens';

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
  declareInputs(build, spec);
  return lowerForward(build, spec, connectivity, options);
}

/** The same on inputs that are declared already, here or in a scope around. */
export function lowerForward(
  build: Builder,
  spec: ModelSpec,
  connectivity: Connectivity,
  options: LoweringOptions,
): string[] {
  const lowering = newLowering(build, spec, connectivity, options);
  const { stream } = lowering;
  const embedding = lowerEmbedding(lowering);
  const terms: Term[] = ['embedding'];
  bring(stream, terms, embedding);
  const hiddenStates = [embedding];
  for (const layer of spec.layers.keys()) {
    lowerLayer(lowering, layer);
    terms.push(...termsOf(spec, layer));
    if (options.hidden) hiddenStates.push(sumOf(stream, terms, layer));
  }
  const logits = lowerHead(lowering, sumOf(stream, terms, null));
  return options.hidden ? [logits, ...hiddenStates] : [logits];
}

/** A forward pass as far as it is lowered. */
type Lowering = {
  readonly build: Builder;
  readonly spec: ModelSpec;
  readonly connectivity: Connectivity;
  readonly options: LoweringOptions;
  readonly stream: Stream;
  /** How many ranks have a part of each term; 1 where they compute terms whole. */
  readonly parts: number;
  /** Each layer's terms, in groups that are reduced together; whole terms are groups of their own. */
  readonly groups: readonly (readonly (readonly Term[])[])[];
  /** What a rank has computed of each term so far: its part, or all of it. */
  readonly computed: Map<Term, string>;
};

function newLowering(build: Builder, spec: ModelSpec, connectivity: Connectivity, options: LoweringOptions): Lowering {
  const { kind, ranks } = options.plan;
  const parts = kind === 'tp' ? ranks : 1;
  const groups =
    parts > 1
      ? reducedTogether(spec, connectivity)
      : spec.layers.map((_, layer) => termsOf(spec, layer).map((term) => [term]));
  return { build, spec, connectivity, options, stream: newStream(build, spec), parts, groups, computed: new Map() };
}

export function declareInputs(build: Builder, { layers }: ModelSpec): void {
  const perToken = (name: string, type: 'u32' | 'f32') => build.input({ name, rows: 'tokens', cols: 1, type });
  for (const name of [INPUTS.ids, INPUTS.position, INPUTS.own, INPUTS.first]) perToken(name, 'u32');
  if (layers.some(({ attention }) => attention.kind === 'gqa' && attention.chunked))
    perToken(INPUTS.firstInChunk, 'u32');
  if (layers.some(({ attention }) => attention.kind === 'gqa' && attention.tempered))
    perToken(INPUTS.temperature, 'f32');
  if (layers.some(({ feedForward: f }) => f.kind === 'moe' && f.router.weighs === 'input')) perToken(INPUTS.one, 'f32');
}

const lowerEmbedding = ({ build, spec: { hidden: width } }: Lowering): string =>
  build.compute(
    { block: 'embedding', layer: null },
    'embedding',
    { kernel: 'embedding', sizes: { rows: 'tokens', width } },
    { inputs: [INPUTS.ids, 'model.embed_tokens'] },
    { name: 'embedding', rows: 'tokens', cols: width },
  );

/** Attention, routed experts and shared experts (or the dense MLP) of a layer, in that order. */
function lowerLayer(lowering: Lowering, layer: number): void {
  const { build, spec, options, parts } = lowering;
  const { hidden: width, normEps: eps } = spec;
  const { plan, wire, cached } = options;
  const { attention, feedForward } = spec.layers[layer]!;
  const at = { layer, width, eps, cached, x: inputOf(lowering, layer, 'attention') };
  bringTerm(lowering, layer, `attention.${layer}`, lowerAttention(build, partOfAttention(attention, parts), at));
  if (feedForward.kind === 'moe') {
    const x = inputOf(lowering, layer, 'routed');
    bringTerm(lowering, layer, `routed.${layer}`, lowerRouted(build, feedForward, { layer, width, plan, wire, x }));
  }
  const mlp = `model.layers.${layer}.mlp`;
  const [weights, inner] =
    feedForward.kind === 'dense' ? [mlp, feedForward.inner] : [`${mlp}.shared_experts`, feedForward.sharedInner];
  if (inner > 0) {
    const x = inputOf(lowering, layer, 'shared');
    bringTerm(lowering, layer, `shared.${layer}`, lowerGatedMlp(build, weights, width, inner / parts, layer, x));
  }
}

/** What a sub-block reads: the terms that the connectivity leaves it, normalised. */
function inputOf({ spec, connectivity, stream }: Lowering, layer: number, subBlock: SubBlock): string {
  const norm = subBlock === 'attention' ? 'input_layernorm' : 'post_attention_layernorm';
  return normOf(stream, readsOf(spec, connectivity, layer, subBlock), `model.layers.${layer}.${norm}`, {
    block: subBlock === 'routed' ? 'router' : subBlock,
    layer,
  });
}

/**
 * Takes what a rank has computed of a term, [tokens, width]. Once all of its group is there, the ranks' parts are added
 * up, and the sum brings the group.
 */
function bringTerm(lowering: Lowering, layer: number, term: Term, value: string): void {
  const { build, spec, options, stream, parts, groups, computed } = lowering;
  const width = spec.hidden;
  computed.set(term, value);
  const group = groups[layer]!.find((terms) => terms.includes(term))!;
  if (!group.every((each) => computed.has(each))) return;
  const label = group.join(', ');
  const own = group
    .map((each) => computed.get(each)!)
    .reduce((sum, part, i) =>
      build.compute(
        { block: 'all-reduce', layer },
        'add parts',
        { kernel: 'add', sizes: { rows: 'tokens', width } },
        { inputs: [sum, part] },
        { name: `partial ${label} ${i}`, rows: 'tokens', cols: width },
      ),
    );
  const { wire, allReduce: algorithm } = options;
  bring(
    stream,
    group,
    lowerAllReduce(build, own, { ...OF_TOKENS, layer, width, ranks: parts, wire, algorithm, label }),
  );
}

/** Logits, [tokens, vocabulary] or [sequences, vocabulary], from the sum of all terms. */
function lowerHead({ build, spec, options }: Lowering, sum: string): string {
  const { hidden: width, vocabulary, normEps: eps } = spec;
  const place = { block: 'head', layer: null } as const;
  const [x, rows] = options.logits === 'last' ? [lowerLastTokens(build, sum, width), 'sequences'] : [sum, 'tokens'];
  const norm = build.compute(
    place,
    'norm',
    { kernel: 'rmsnorm', sizes: { rows, width, stride: width, eps } },
    { inputs: [x, 'model.norm'] },
    { name: 'final norm', rows, cols: width },
  );
  if (options.logits === 'none') return norm;
  const logits = build.compute(
    place,
    'lm head',
    { kernel: 'gemm', sizes: { rows, inner: width, cols: vocabulary } },
    { inputs: [norm, headOf(spec)] },
    { name: LOGITS, rows, cols: vocabulary },
  );
  const { sampling } = options;
  return sampling ? lowerSample(build, logits, rows, sampling) : logits;
}

/** A token drawn from each row of logits, [rows]. */
export function lowerSample(build: Builder, logits: string, rows: Dim, sampling: Sampling): string {
  build.input({ name: INPUTS.draw, rows, cols: 1, type: 'f32' });
  const width = build.columns(logits);
  return build.compute(
    { block: 'head', layer: null },
    'sample',
    // Less is nothing in single precision, and the most likely token alone long before.
    { kernel: 'sample', sizes: { rows, width, ...sampling, topP: Math.max(sampling.topP, 1e-30) } },
    { inputs: [logits, INPUTS.draw] },
    { name: DRAWN_TOKENS, rows, cols: 1, type: 'u32' },
  );
}

/** Of x [tokens, width] the rows of each sequence's last token, [sequences, width]. */
function lowerLastTokens(build: Builder, x: string, width: number): string {
  const rows = 'sequences';
  build.input({ name: INPUTS.last, rows, cols: 1, type: 'u32' });
  return build.compute(
    { block: 'head', layer: null },
    'last tokens',
    { kernel: 'gather_rows', sizes: { rows, width } },
    { inputs: [x, INPUTS.last] },
    { name: 'last hidden', rows, cols: width },
  );
}

/** A rank's heads. Fewer key-value heads than ranks: ranks share one. */
function partOfAttention(spec: AttentionSpec, parts: number): AttentionSpec {
  const heads = spec.heads / parts;
  return spec.kind === 'gqa' ? { ...spec, heads, kvHeads: Math.max(1, spec.kvHeads / parts) } : { ...spec, heads };
}
