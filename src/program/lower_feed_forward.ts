import type { Plan } from '../model/plan';
import type { FeedForwardSpec, RouterSpec } from '../model/spec';
import { wordsOfRow } from '../model/value_type';
import type { Builder } from './builder';
import { zeros } from './constants';
import type { Dim } from './dim';
import { PARTS } from './kernels';
import { onWire, type WireFormat } from './lower_all_reduce';
import { exchangeSymbols, INPUTS } from './program';

/** As kernels/router_topk.wgsl numbers them. */
export const SCORING: Readonly<Record<RouterSpec['scoring'], number>> = {
  softmax: 0,
  sigmoid: 1,
  'sigmoid with bias': 2,
};

/** A gated MLP (a dense layer's, or the shared experts together) on x [tokens, width]; returns its term. */
export function lowerGatedMlp(
  build: Builder,
  weights: string,
  width: number,
  inner: number,
  layer: number,
  x: string,
): string {
  const place = { block: 'shared', layer } as const;
  const rows = 'tokens';
  const name = (part: string) => `shared.${layer}.${part}`;
  const activated = build.compute(
    place,
    'gate, up',
    { kernel: 'gemm_swiglu', sizes: { rows, inner: width, width: inner } },
    { inputs: [x, `${weights}.gate_up`] },
    { name: name('activated'), rows, cols: inner },
  );
  return build.compute(
    place,
    'down',
    { kernel: 'gemm', sizes: { rows, inner, cols: width } },
    { inputs: [activated, `${weights}.down`] },
    { name: name('down'), rows, cols: width },
  );
}

/** Where routed experts are lowered: their normalised input x [tokens, width], spread by `plan`. */
type RoutedPlace = {
  readonly layer: number;
  readonly width: number;
  readonly plan: Plan;
  readonly wire: WireFormat;
  readonly x: string;
};
type Moe = Extract<FeedForwardSpec, { kind: 'moe' }>;

/**
 * Router and routed experts; returns their term. `ep`: on the wire (Dispatch) a token travels once to each rank that
 * holds one of its experts, and one row comes back from there (Combine). `tp`: every rank has all tokens and computes
 * its own experts' part of the term, which is then still to be added up. A rank alone has all experts.
 */
export function lowerRouted(build: Builder, spec: Moe, at: RoutedPlace): string {
  const routing = lowerRouter(build, spec, at);
  const { kind, ranks } = at.plan;
  return kind === 'ep' && ranks > 1 ? lowerExchanged(build, spec, at, routing) : lowerInPlace(build, spec, at, routing);
}

/** Names of what a layer's router reads its choice from, and of what it chose. */
export const routingNames = (layer: number) => ({ logits: nameIn(layer)('logits'), ids: nameIn(layer)('ids') });

const nameIn = (layer: number) => (part: string) => `routed.${layer}.${part}`;

/** What goes to the experts, and for each token its experts and their weights, [tokens, topK] both. */
type Routing = { readonly x: string; readonly ids: string; readonly weights: string };

function lowerRouter(build: Builder, spec: Moe, { layer, width, x }: RoutedPlace): Routing {
  const { experts, topK } = spec;
  const { scoring, groups, keptGroups, normalise, balanced, scale, weighs } = spec.router;
  const name = nameIn(layer);
  const place = { block: 'router', layer } as const;
  const gate = `model.layers.${layer}.mlp.gate`;
  const rows = 'tokens';
  const logits = build.compute(
    place,
    'gate',
    { kernel: 'gemm', sizes: { rows, inner: width, cols: experts } },
    { inputs: [x, gate] },
    { name: name('logits'), rows, cols: experts },
  );
  const scores = name('weights');
  const ids = build.compute(
    place,
    'top-k',
    {
      kernel: 'router_topk',
      sizes: {
        rows,
        experts,
        topK,
        scoring: SCORING[scoring],
        groups,
        keptGroups,
        normalise: normalise ? 1 : 0,
        balanced: balanced ? 1 : 0,
        scale,
      },
    },
    { inputs: [logits, scoring === 'sigmoid with bias' ? `${gate}.bias` : zeros(experts)] },
    { name: name('ids'), rows, cols: topK, type: 'u32' },
    { name: scores, rows, cols: topK },
  );
  if (weighs === 'output') return { x, ids, weights: scores };
  // A score that weighs the expert's input is spent before the token leaves; what comes back is summed as it is.
  const weighed = build.compute(
    place,
    'weigh input',
    { kernel: 'scale_rows', sizes: { rows, width } },
    { inputs: [x, scores] },
    { name: name('weighed input'), rows, cols: width },
  );
  return { x: weighed, ids, weights: INPUTS.one };
}

function lowerExchanged(
  build: Builder,
  spec: Moe,
  { layer, width, plan: { ranks }, wire }: RoutedPlace,
  routing: Routing,
): string {
  const { experts, topK } = spec;
  const name = nameIn(layer);
  const router = { block: 'router', layer } as const;
  const routed = { block: 'routed', layer } as const;
  const rows = 'tokens';
  const packed = wire === 'bf16' ? 1 : 0;
  const words = wordsOfRow(width, wire);
  const cols = words + 2 * topK;
  const counts = name('counts');
  const rowOf = build.compute(
    router,
    'send plan',
    { kernel: 'send_plan', sizes: { rows, ranks, experts, topK } },
    { inputs: [routing.ids] },
    { name: name('rowOf'), rows, cols: ranks, type: 'u32' },
    { name: counts, rows: 1, cols: experts + ranks, type: 'u32' },
  );
  const send = build.compute(
    router,
    'permute',
    { kernel: 'permute', sizes: { rows, ranks, experts, topK, width, packed } },
    { inputs: [routing.x, routing.ids, routing.weights, rowOf] },
    { name: name('send'), rows: { of: rows, times: Math.min(ranks, topK) }, cols, type: 'u32' },
  );
  const exchange = build.exchange(`routed.${layer}`, { counts, experts });
  const { sent, received, pairs } = exchangeSymbols(exchange);
  const arrived = build.allToAll(
    { name: 'Dispatch', block: 'dispatch', layer, direction: 'dispatch', exchange, input: send },
    { name: name('received'), rows: received, cols, type: 'u32' },
  );
  const weighed = lowerExperts(build, spec, layer, width, {
    rows: received,
    pairs,
    local: experts / ranks,
    x: arrived,
    packed,
    ids: { value: arrived, at: words },
    weights: { value: arrived, at: words + topK },
    wire,
  });
  const returned = build.allToAll(
    { name: 'Combine', block: 'combine', layer, direction: 'combine', exchange, input: weighed },
    { name: name('returned'), rows: sent, ...onWire(width, wire) },
  );
  return build.compute(
    routed,
    'un-permute',
    { kernel: 'unpermute', sizes: { rows, ranks, width, packed } },
    { inputs: [returned, rowOf] },
    { name: name('sum'), rows, cols: width },
  );
}

function lowerInPlace(
  build: Builder,
  spec: Moe,
  { layer, width, plan: { ranks } }: RoutedPlace,
  { x, ids, weights }: Routing,
): string {
  const local = spec.experts / ranks;
  return lowerExperts(build, spec, layer, width, {
    rows: 'tokens',
    pairs: { of: 'tokens', times: Math.min(spec.topK, local) },
    // How many of a token's experts are this rank's only the GPU knows.
    ...(ranks > 1 && { atMost: true }),
    local,
    x,
    packed: 0,
    ids: { value: ids, at: 0 },
    weights: { value: weights, at: 0 },
    wire: 'f32',
  });
}

/** Rows for this rank's experts: x, and from a column of some value on the experts of each row and their weights. */
type ExpertInput = {
  readonly rows: string;
  readonly pairs: Dim;
  readonly atMost?: true;
  readonly local: number;
  readonly x: string;
  /** 1: x is of bf16, two a word. */
  readonly packed: 0 | 1;
  readonly ids: { readonly value: string; readonly at: number };
  readonly weights: { readonly value: string; readonly at: number };
  /** How what the experts make is to travel. */
  readonly wire: WireFormat;
};

/** This rank's experts on the rows given; returns the weighted sum of what they make of each row. */
function lowerExperts(build: Builder, { topK, inner }: Moe, layer: number, width: number, input: ExpertInput): string {
  const { rows, pairs, local, x, packed, ids, weights, wire } = input;
  const name = nameIn(layer);
  const place = { block: 'routed', layer } as const;
  const atMost = input.atMost && { atMost: input.atMost };
  const pairOf = name('pairOf');
  const offsets = name('offsets');
  const received = {
    rows,
    stride: build.columns(ids.value),
    at: ids.at,
    topK,
    firstExpert: { of: 'rank', times: local },
    experts: local,
  } as const;
  const counts = build.compute(
    place,
    'pair counts',
    { kernel: 'pair_counts', sizes: received },
    { inputs: [ids.value] },
    { name: name('pairCounts'), rows: local, cols: PARTS, type: 'u32' },
  );
  const pairRow = build.compute(
    place,
    'expert plan',
    { kernel: 'expert_plan', sizes: received },
    { inputs: [ids.value, counts] },
    { name: name('pairRow'), rows: pairs, cols: 1, type: 'u32' },
    { name: pairOf, rows, cols: topK, type: 'u32' },
    { name: offsets, rows: 1, cols: local + 1, type: 'u32' },
  );
  const weight = (part: string) => `model.layers.${layer}.mlp.experts.${part}`;
  const activated = build.compute(
    place,
    'experts gate, up',
    {
      kernel: 'grouped_gemm_swiglu',
      sizes: { pairs, inner: width, width: inner, groups: local, stride: build.columns(x), gather: 1, packed },
    },
    { inputs: [x, pairRow, offsets, weight('gate_up')], ...atMost },
    { name: name('activated'), rows: pairs, cols: inner },
  );
  const down = build.compute(
    place,
    'experts down',
    { kernel: 'grouped_gemm', sizes: { pairs, inner, cols: width, groups: local, stride: inner, gather: 0 } },
    { inputs: [activated, pairRow, offsets, weight('down')], ...atMost },
    { name: name('down'), rows: pairs, cols: width },
  );
  return build.compute(
    place,
    'weigh experts',
    {
      kernel: 'weigh_experts',
      sizes: {
        rows,
        width,
        topK,
        stride: build.columns(weights.value),
        at: weights.at,
        packed: wire === 'bf16' ? 1 : 0,
      },
    },
    { inputs: [down, weights.value, pairOf] },
    { name: name('weighed'), rows, ...onWire(width, wire) },
  );
}
