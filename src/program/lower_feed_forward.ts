import type { FeedForwardSpec, RouterSpec } from '../model/spec';
import type { Builder } from './builder';
import { CONSTANTS, INPUTS } from './program';

/** As kernels/router_topk.wgsl numbers them. */
const SCORING: Readonly<Record<RouterSpec['scoring'], number>> = { softmax: 0, sigmoid: 1, 'sigmoid with bias': 2 };

/** A gated MLP (a dense layer's, or the shared experts together) on x [tokens, width]; returns its term. */
export function lowerGatedMlp(build: Builder, weights: string, width: number, inner: number, layer: number, x: string): string {
  const place = { block: 'shared', layer } as const;
  const rows = 'tokens';
  const name = (part: string) => `shared.${layer}.${part}`;
  const gateUp = build.compute(
    place,
    'gate, up',
    { kernel: 'gemm', sizes: { rows, inner: width, cols: 2 * inner } },
    { inputs: [x], weights: [`${weights}.gate_up`] },
    { name: name('gate_up'), rows, cols: 2 * inner },
  );
  const activated = build.compute(
    place,
    'SwiGLU',
    { kernel: 'swiglu', sizes: { rows, width: inner } },
    { inputs: [gateUp] },
    { name: name('activated'), rows, cols: inner },
  );
  return build.compute(
    place,
    'down',
    { kernel: 'gemm', sizes: { rows, inner, cols: width } },
    { inputs: [activated], weights: [`${weights}.down`] },
    { name: name('down'), rows, cols: width },
  );
}

/**
 * Router, Dispatch, this rank's experts, Combine, on x [tokens, width]; returns the routed experts' term. On the wire
 * a token travels once to each rank that holds one of its experts, and one row comes back from there.
 */
export function lowerRouted(
  build: Builder,
  spec: Extract<FeedForwardSpec, { kind: 'moe' }>,
  width: number,
  layer: number,
  ranks: number,
  x: string,
): string {
  const { experts, topK, inner } = spec;
  const weights = `model.layers.${layer}.mlp`;
  const name = (part: string) => `routed.${layer}.${part}`;
  const router = { block: 'router', layer } as const;
  const routed = { block: 'routed', layer } as const;
  const rows = 'tokens';
  const sentAtMost = { of: rows, times: Math.min(ranks, topK) };
  const received = `received.${layer}`;
  const pairs = `pairs.${layer}`;
  const wire = width + 2 * topK;
  const local = experts / ranks;
  const weighInput = () =>
    build.compute(
      router,
      'weigh input',
      { kernel: 'scale_rows', sizes: { rows, width } },
      { inputs: [x, scores] },
      { name: name('weighed input'), rows, cols: width },
    );

  const logits = build.compute(
    router,
    'gate',
    { kernel: 'gemm', sizes: { rows, inner: width, cols: experts } },
    { inputs: [x], weights: [`${weights}.gate`] },
    { name: name('logits'), rows, cols: experts },
  );
  const scores = name('weights');
  const { scoring, groups, keptGroups, normalise, balanced, scale, weighs } = spec.router;
  const ids = build.compute(
    router,
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
    { inputs: [logits], weights: [scoring === 'sigmoid with bias' ? `${weights}.gate.bias` : CONSTANTS.zeros] },
    { name: name('ids'), rows, cols: topK, type: 'u32' },
    { name: scores, rows, cols: topK },
  );
  // A score that weighs the expert's input is spent before the token leaves; what comes back is summed as it is.
  const [sentX, sentWeights] = weighs === 'output' ? [x, scores] : [weighInput(), INPUTS.one];
  const counts = name('counts');
  const rowOf = build.compute(
    router,
    'send plan',
    { kernel: 'send_plan', sizes: { rows, ranks, experts, topK } },
    { inputs: [ids] },
    { name: name('rowOf'), rows, cols: ranks, type: 'u32' },
    { name: counts, rows: 1, cols: experts + ranks, type: 'u32' },
  );
  const send = build.compute(
    router,
    'permute',
    { kernel: 'permute', sizes: { rows, ranks, experts, topK, width } },
    { inputs: [sentX, ids, sentWeights, rowOf] },
    { name: name('send'), rows: sentAtMost, cols: wire, type: 'u32' },
  );

  const arrived = build.allToAll(
    { name: 'Dispatch', block: 'dispatch', layer, direction: 'dispatch', input: send, counts, experts },
    { name: name('received'), rows: received, cols: wire, type: 'u32' },
  );

  const pairOf = name('pairOf');
  const offsets = name('offsets');
  const pairRow = build.compute(
    routed,
    'expert plan',
    { kernel: 'expert_plan', sizes: { rows: received, width, topK, firstExpert: { of: 'rank', times: local }, experts: local } },
    { inputs: [arrived] },
    { name: name('pairRow'), rows: pairs, cols: 1, type: 'u32' },
    { name: pairOf, rows: received, cols: topK, type: 'u32' },
    { name: offsets, rows: 1, cols: local + 1, type: 'u32' },
  );
  const grouped = (part: string, source: string, gather: number, stride: number, k: number, cols: number, weight: string) =>
    build.compute(
      routed,
      part,
      { kernel: 'grouped_gemm', sizes: { pairs, inner: k, cols, groups: local, stride, gather } },
      { inputs: [source, pairRow, offsets], weights: [`${weights}.experts.${weight}`] },
      { name: name(part), rows: pairs, cols },
    );
  const gateUp = grouped('experts gate, up', arrived, 1, wire, width, 2 * inner, 'gate_up');
  const activated = build.compute(
    routed,
    'experts SwiGLU',
    { kernel: 'swiglu', sizes: { rows: pairs, width: inner } },
    { inputs: [gateUp] },
    { name: name('activated'), rows: pairs, cols: inner },
  );
  const down = grouped('experts down', activated, 0, inner, inner, width, 'down');
  const weighed = build.compute(
    routed,
    'weigh experts',
    { kernel: 'weigh_experts', sizes: { rows: received, width, topK } },
    { inputs: [down, arrived, pairOf] },
    { name: name('weighed'), rows: received, cols: width },
  );

  const returned = build.allToAll(
    { name: 'Combine', block: 'combine', layer, direction: 'combine', input: weighed, counts, experts },
    { name: name('returned'), rows: `sent.${layer}`, cols: width },
  );
  return build.compute(
    routed,
    'un-permute',
    { kernel: 'unpermute', sizes: { rows, ranks, width } },
    { inputs: [returned, rowOf] },
    { name: name('sum'), rows, cols: width },
  );
}
