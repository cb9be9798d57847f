import { InputError } from './error';
import { readFloats, type Tensors } from './safetensors';
import type { ModelSpec } from './spec';

/**
 * A weight as the kernels want it: the parts lie one after the other, each part being tensors of the checkpoint, one
 * after the other, all with `cols` columns. `split` parts (one an expert) are spread evenly over the ranks, the others
 * are on every rank.
 */
export type Weight = {
  readonly name: string;
  readonly split: boolean;
  readonly parts: readonly { readonly tensor: string; readonly shape: readonly number[] }[][];
};

/** Names and shapes of all weights of a model, in the checkpoint's own names (as transformers saves both families). */
export function weightsOf(spec: ModelSpec): Weight[] {
  const out: Weight[] = [];
  const one = (name: string, ...shape: number[]) => out.push({ name, split: false, parts: [[{ tensor: `${name}.weight`, shape }]] });
  const gateUp = (prefix: string, inner: number) => [
    { tensor: `${prefix}.gate_proj.weight`, shape: [inner, spec.hidden] },
    { tensor: `${prefix}.up_proj.weight`, shape: [inner, spec.hidden] },
  ];
  const down = (prefix: string, inner: number) => [{ tensor: `${prefix}.down_proj.weight`, shape: [spec.hidden, inner] }];
  const mlp = (prefix: string, inner: number) => {
    out.push({ name: `${prefix}.gate_up`, split: false, parts: [gateUp(prefix, inner)] });
    out.push({ name: `${prefix}.down`, split: false, parts: [down(prefix, inner)] });
  };
  one('model.embed_tokens', spec.vocabulary, spec.hidden);
  spec.layers.forEach(({ attention: a, feedForward: f }, layer) => {
    const at = `model.layers.${layer}`;
    one(`${at}.input_layernorm`, spec.hidden);
    one(`${at}.post_attention_layernorm`, spec.hidden);
    if (a.kind === 'gqa') {
      one(`${at}.self_attn.q_proj`, a.heads * a.headDim, spec.hidden);
      one(`${at}.self_attn.k_proj`, a.kvHeads * a.headDim, spec.hidden);
      one(`${at}.self_attn.v_proj`, a.kvHeads * a.headDim, spec.hidden);
      one(`${at}.self_attn.o_proj`, spec.hidden, a.heads * a.headDim);
      if (a.qkNorm) {
        one(`${at}.self_attn.q_norm`, a.headDim);
        one(`${at}.self_attn.k_norm`, a.headDim);
      }
    } else {
      one(`${at}.self_attn.q_proj`, a.heads * (a.nope + a.rope.dim), spec.hidden);
      one(`${at}.self_attn.kv_a_proj_with_mqa`, a.latent + a.rope.dim, spec.hidden);
      one(`${at}.self_attn.kv_a_layernorm`, a.latent);
      one(`${at}.self_attn.kv_b_proj`, a.heads * (a.nope + a.valueDim), a.latent);
      one(`${at}.self_attn.o_proj`, spec.hidden, a.heads * a.valueDim);
    }
    if (f.kind === 'dense') {
      mlp(`${at}.mlp`, f.inner);
    } else {
      one(`${at}.mlp.gate`, f.experts, spec.hidden);
      const expert = (e: number) => `${at}.mlp.experts.${e}`;
      const each = Array.from({ length: f.experts }, (_, e) => e);
      out.push({ name: `${at}.mlp.experts.gate_up`, split: true, parts: each.map((e) => gateUp(expert(e), f.inner)) });
      out.push({ name: `${at}.mlp.experts.down`, split: true, parts: each.map((e) => down(expert(e), f.inner)) });
      if (f.sharedInner > 0) mlp(`${at}.mlp.shared_experts`, f.sharedInner);
    }
  });
  one('model.norm', spec.hidden);
  one('lm_head', spec.vocabulary, spec.hidden);
  return out;
}

/** Throws InputError unless the checkpoint has each tensor of the model with its shape, and no other. */
export function checkTensors(spec: ModelSpec, tensors: Tensors): void {
  const wanted = new Map(
    weightsOf(spec)
      .flatMap((w) => w.parts.flat())
      .map((t) => [t.tensor, t.shape]),
  );
  for (const [name, shape] of wanted) {
    const found = tensors.get(name)?.shape;
    if (!found) throw new InputError(`The checkpoint lacks tensor ${name} [${shape}].`);
    if (found.join() !== shape.join()) throw new InputError(`Tensor ${name} should be [${shape}], but the checkpoint has [${found}].`);
  }
  for (const name of tensors.keys())
    if (!wanted.has(name)) throw new InputError(`The checkpoint has tensor ${name}, which a ${spec.family} of this config does not have.`);
}

/** Values of some parts of a weight, one after the other, float32. */
export function readParts(tensors: Tensors, parts: Weight['parts']): Float32Array<ArrayBuffer> {
  const read = parts.flat().map(({ tensor }) => readFloats(tensors.get(tensor)!));
  const all = new Float32Array(read.reduce((n, values) => n + values.length, 0));
  let at = 0;
  for (const values of read) {
    all.set(values, at);
    at += values.length;
  }
  return all;
}
