import type { AttentionSpec } from '../model/spec';
import type { Builder } from './builder';
import { ones, ROPE } from './constants';
import { INPUTS } from './program';

/**
 * Where attention of one layer is lowered: its normalised input x [tokens, width], and whether keys are kept in a
 * cache.
 */
type AttentionPlace = {
  readonly layer: number;
  readonly width: number;
  readonly eps: number;
  readonly cached: boolean;
  readonly x: string;
};

/** What core attention reads: queries, keys and values, the latter two of this run or of the cache. */
type Core = { q: string; k: string; v: string; kvHeads: number; keyDim: number; valueDim: number; valueStride: number };

const rows = 'tokens';

/**
 * Attention of one layer; returns the term that it adds to the residual stream. Grouped-query attention; or multi-head
 * latent attention, its keys and values expanded from the latents, or, with a cache, computed on the cached latents.
 */
export function lowerAttention(build: Builder, spec: AttentionSpec, at: AttentionPlace): string {
  const parts = attentionParts(build, at);
  const { place, weights, name, project } = parts;
  const core =
    spec.kind === 'gqa'
      ? lowerGqa(build, spec, at, parts)
      : at.cached
        ? lowerCachedMla(build, spec, at, parts)
        : lowerMla(build, spec, at, parts);
  const { q, k, v, kvHeads, keyDim, valueDim, valueStride } = core;
  const { heads } = spec;
  const chunked = spec.kind === 'gqa' && spec.chunked;
  let out = build.compute(
    place,
    'core attention',
    {
      kernel: 'attention',
      sizes: {
        rows,
        heads,
        kvHeads,
        keyDim,
        valueDim,
        valueStride,
        scale: spec.scale,
        keys: chunked ? 'keys in chunk' : 'keys',
        keyRows: 'key rows',
      },
    },
    { inputs: [q, k, v, chunked ? INPUTS.firstInChunk : INPUTS.first, INPUTS.own] },
    { name: name('core'), rows, cols: heads * valueDim },
  );
  if (spec.kind === 'mla' && at.cached)
    out = build.compute(
      place,
      'values',
      { kernel: 'mla_values', sizes: { rows, heads, nope: spec.nope, valueDim: spec.valueDim, latent: spec.latent } },
      { inputs: [out, `${weights}.kv_b_proj`] },
      { name: name('values'), rows, cols: heads * spec.valueDim },
    );
  if (spec.kind === 'mla' && spec.gated)
    out = build.compute(
      place,
      'gated',
      { kernel: 'sigmoid_gate', sizes: { rows, width: heads * spec.valueDim } },
      { inputs: [out, project(at.x, 'gate_proj', heads * spec.valueDim, 'gate')] },
      { name: name('gated'), rows, cols: heads * spec.valueDim },
    );
  return project(out, 'o_proj', at.width, 'output');
}

type Parts = ReturnType<typeof attentionParts>;

function attentionParts(build: Builder, { layer, eps }: AttentionPlace) {
  const place = { block: 'attention', layer } as const;
  const weights = `model.layers.${layer}.self_attn`;
  const name = (part: string) => `attention.${layer}.${part}`;
  return {
    place,
    weights,
    name,
    project: (x: string, weight: string, cols: number, part: string) =>
      build.compute(
        place,
        part,
        { kernel: 'gemm', sizes: { rows, inner: build.columns(x), cols } },
        { inputs: [x, `${weights}.${weight}`] },
        { name: name(part), rows, cols },
      ),
    /**
     * RMSNorm of `count` vectors of `width` a token, the first columns of `stride`; `own` epsilon where it is not the
     * model's.
     */
    norm: (x: string, weight: string, count: number, width: number, stride: number, part: string, own = eps) =>
      build.compute(
        place,
        part,
        {
          kernel: 'rmsnorm',
          sizes: { rows: count === 1 ? rows : { of: rows, times: count }, width, stride, eps: own },
        },
        { inputs: [x, weight] },
        { name: name(part), rows, cols: count * width },
      ),
    rotate: (x: string, heads: number, headDim: number, rotated: number, interleaved: boolean, part: string) =>
      build.compute(
        place,
        part,
        { kernel: 'rope', sizes: { rows, heads, headDim, rotated, interleaved: interleaved ? 1 : 0 } },
        { inputs: [x, INPUTS.position, ROPE] },
        { name: name(part), rows, cols: heads * headDim },
      ),
    /** Adds the rows of this run to a cache, and names the cache. */
    keep: (x: string, part: string) => {
      const width = build.columns(x);
      return build.compute(
        place,
        `${part} to cache`,
        { kernel: 'cache_rows', sizes: { rows, width } },
        { inputs: [x, INPUTS.own] },
        build.keep({ name: name(`${part} cache`), rows: 'cache', cols: width }),
      );
    },
  };
}

function lowerGqa(
  build: Builder,
  spec: Extract<AttentionSpec, { kind: 'gqa' }>,
  at: AttentionPlace,
  parts: Parts,
): Core {
  const { place, weights, name, project, norm, rotate, keep } = parts;
  const { headDim, kvHeads } = spec;
  const shaped = (part: 'q' | 'k', heads: number): string => {
    let x = project(at.x, `${part}_proj`, heads * headDim, part);
    if (spec.qkNorm === 'weighted') x = norm(x, `${weights}.${part}_norm`, heads, headDim, headDim, `${part} norm`);
    if (spec.rope !== 'none') x = rotate(x, heads, headDim, headDim, spec.rope === 'interleaved', `${part} rope`);
    if (spec.qkNorm === 'after rope') x = norm(x, ones(headDim), heads, headDim, headDim, `${part} norm`);
    return x;
  };
  let q = shaped('q', spec.heads);
  if (spec.tempered)
    q = build.compute(
      place,
      'q temperature',
      { kernel: 'scale_rows', sizes: { rows, width: spec.heads * headDim } },
      { inputs: [q, INPUTS.temperature] },
      { name: name('q temperature'), rows, cols: spec.heads * headDim },
    );
  const k = shaped('k', kvHeads);
  const v = project(at.x, 'v_proj', kvHeads * headDim, 'v');
  const shapes = { kvHeads, keyDim: headDim, valueDim: headDim, valueStride: kvHeads * headDim };
  return at.cached ? { q, k: keep(k, 'k'), v: keep(v, 'v'), ...shapes } : { q, k, v, ...shapes };
}

type Mla = Extract<AttentionSpec, { kind: 'mla' }>;

/**
 * Queries before their rotation, and the token's latent with the shared key beside it: as projected, and normalised
 * without the key.
 */
function lowerLatents(spec: Mla, at: AttentionPlace, { weights, project, norm }: Parts) {
  const { heads, latent, nope, rotated } = spec;
  const keyDim = nope + rotated;
  const q =
    spec.qLatent === null
      ? project(at.x, 'q_proj', heads * keyDim, 'q')
      : project(
          norm(
            project(at.x, 'q_a_proj', spec.qLatent, 'q latent'),
            `${weights}.q_a_layernorm`,
            1,
            spec.qLatent,
            spec.qLatent,
            'q norm',
            spec.latentEps,
          ),
          'q_b_proj',
          heads * keyDim,
          'q',
        );
  const compressed = project(at.x, 'kv_a_proj_with_mqa', latent + rotated, 'kv latent');
  return {
    q,
    compressed,
    normed: norm(compressed, `${weights}.kv_a_layernorm`, 1, latent, latent + rotated, 'kv norm', spec.latentEps),
  };
}

function lowerMla(build: Builder, spec: Mla, at: AttentionPlace, parts: Parts): Core {
  const { heads, latent, nope, rotated, valueDim } = spec;
  const { place, name, project } = parts;
  const { q, compressed, normed } = lowerLatents(spec, at, parts);
  const expanded = project(normed, 'kv_b_proj', heads * (nope + valueDim), 'kv');
  const [v, queries] = [name('values'), name('queries')];
  const k = build.compute(
    place,
    'keys, values, q rope',
    { kernel: 'mla_keys', sizes: { rows, heads, nope, rotated, valueDim, latent } },
    { inputs: [expanded, compressed, q, INPUTS.position, ROPE] },
    { name: name('keys'), rows, cols: heads * (nope + rotated) },
    { name: v, rows, cols: heads * valueDim },
    { name: queries, rows, cols: heads * (nope + rotated) },
  );
  return { q: queries, k, v, kvHeads: heads, keyDim: nope + rotated, valueDim, valueStride: heads * valueDim };
}

function lowerCachedMla(build: Builder, spec: Mla, at: AttentionPlace, parts: Parts): Core {
  const { heads, latent, nope, rotated, valueDim } = spec;
  const { place, weights, name } = parts;
  const { q, compressed, normed } = lowerLatents(spec, at, parts);
  const cache = build.compute(
    place,
    'latent to cache',
    { kernel: 'mla_cache', sizes: { rows, latent, rotated } },
    { inputs: [normed, compressed, INPUTS.position, INPUTS.own, ROPE] },
    build.keep({ name: name('latent cache'), rows: 'cache', cols: latent + rotated }),
  );
  const absorbed = build.compute(
    place,
    'q on latents',
    { kernel: 'mla_query', sizes: { rows, heads, nope, rotated, valueDim, latent } },
    { inputs: [q, `${weights}.kv_b_proj`, INPUTS.position, ROPE] },
    { name: name('q on latents'), rows, cols: heads * (latent + rotated) },
  );
  return {
    q: absorbed,
    k: cache,
    v: cache,
    kvHeads: 1,
    keyDim: latent + rotated,
    valueDim: latent,
    valueStride: latent + rotated,
  };
}
