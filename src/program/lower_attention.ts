import type { AttentionSpec } from '../model/spec';
import type { Builder } from './builder';

export const ROPE_TABLE = 'rope';

/**
 * Attention of one layer on its normalised input x [tokens, width]; returns the term that it adds to the residual
 * stream. Grouped-query attention, or multi-head latent attention with keys and values expanded from the latent.
 */
export function lowerAttention(
  build: Builder,
  spec: AttentionSpec,
  width: number,
  eps: number,
  layer: number,
  from: { x: string; position: string; start: string },
): string {
  const place = { block: 'attention', layer } as const;
  const weights = `model.layers.${layer}.self_attn`;
  const rows = 'tokens';
  const name = (part: string) => `attention.${layer}.${part}`;
  const project = (x: string, weight: string, cols: number, part: string) =>
    build.compute(
      place,
      part,
      { kernel: 'gemm', sizes: { rows, inner: build.columns(x), cols } },
      { inputs: [x], weights: [`${weights}.${weight}`] },
      { name: name(part), rows, cols },
    );
  const rotate = (x: string, heads: number, headDim: number, part: string) =>
    build.compute(
      place,
      `${part} rope`,
      { kernel: 'rope', sizes: { rows, heads, headDim, rotated: spec.rope.dim, interleaved: spec.rope.interleaved ? 1 : 0 } },
      { inputs: [x, from.position], weights: [ROPE_TABLE] },
      { name: name(`${part} rope`), rows, cols: heads * headDim },
    );

  const { heads } = spec;
  let q: string;
  let k: string;
  let v: string;
  let kvHeads: number;
  let keyDim: number;
  let valueDim: number;
  if (spec.kind === 'gqa') {
    const { headDim } = spec;
    const headNorm = (x: string, count: number, part: string) =>
      spec.qkNorm
        ? build.compute(
            place,
            `${part} norm`,
            { kernel: 'rmsnorm', sizes: { rows: { of: rows, times: count }, width: headDim, stride: headDim, eps } },
            { inputs: [x], weights: [`${weights}.${part}_norm`] },
            { name: name(`${part} norm`), rows, cols: count * headDim },
          )
        : x;
    kvHeads = spec.kvHeads;
    keyDim = headDim;
    valueDim = headDim;
    q = rotate(headNorm(project(from.x, 'q_proj', heads * headDim, 'q'), heads, 'q'), heads, headDim, 'q');
    k = rotate(headNorm(project(from.x, 'k_proj', kvHeads * headDim, 'k'), kvHeads, 'k'), kvHeads, headDim, 'k');
    v = project(from.x, 'v_proj', kvHeads * headDim, 'v');
  } else {
    const { latent, nope } = spec;
    const rotated = spec.rope.dim;
    kvHeads = heads;
    keyDim = nope + rotated;
    valueDim = spec.valueDim;
    q = rotate(project(from.x, 'q_proj', heads * keyDim, 'q'), heads, keyDim, 'q');
    const compressed = project(from.x, 'kv_a_proj_with_mqa', latent + rotated, 'kv latent');
    const normed = build.compute(
      place,
      'kv norm',
      { kernel: 'rmsnorm', sizes: { rows, width: latent, stride: latent + rotated, eps } },
      { inputs: [compressed], weights: [`${weights}.kv_a_layernorm`] },
      { name: name('kv norm'), rows, cols: latent },
    );
    const expanded = project(normed, 'kv_b_proj', heads * (nope + valueDim), 'kv');
    v = name('values');
    k = build.compute(
      place,
      'keys, values',
      { kernel: 'mla_keys', sizes: { rows, heads, nope, rotated, valueDim, latent } },
      { inputs: [expanded, compressed, from.position], weights: [ROPE_TABLE] },
      { name: name('keys'), rows, cols: heads * keyDim },
      { name: v, rows, cols: heads * valueDim },
    );
  }
  const core = build.compute(
    place,
    'core attention',
    { kernel: 'attention', sizes: { rows, heads, kvHeads, keyDim, valueDim, scale: keyDim ** -0.5 } },
    { inputs: [q, k, v, from.start] },
    { name: name('core'), rows, cols: heads * valueDim },
  );
  return project(core, 'o_proj', width, 'output');
}
