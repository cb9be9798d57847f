import { InputError } from './error';
import type { ModelSpec } from './spec';

/**
 * A weight as the kernels want it: rows of `cols` values, made of pieces of checkpoint tensors that lie one after the
 * other. A split weight has the pieces of each expert in turn and is spread evenly over the ranks; others are on every rank.
 */
export type Weight = {
  readonly name: string;
  /** Experts whose pieces these are; 0 for a weight that every rank has whole. */
  readonly experts: number;
  readonly pieces: readonly Piece[];
  /** A vector is a norm's weights, a bias an offset of scores; what a weight is made of when it is drawn from a seed. */
  readonly kind: 'matrix' | 'vector' | 'bias';
};

/** A whole tensor; or, of one that stacks all experts, the matrix of one expert, transposed. */
export type Piece = { readonly tensor: string; readonly shape: readonly number[]; readonly expert: number | null };

export const valuesIn = ({ shape, expert }: Piece): number => shape.slice(expert === null ? 0 : 1).reduce((a, b) => a * b, 1);

/**
 * All weights of a model. Their names are those of DeepSeek's checkpoints whatever the family, with gate_up and down for
 * the projections of gated MLPs; their tensors are named as transformers saves the family.
 */
export function weightsOf(spec: ModelSpec): Weight[] {
  const out: Weight[] = [];
  const { names, hidden } = spec;
  const whole = (tensor: string, ...shape: number[]): Piece => ({ tensor, shape, expert: null });
  const add = (name: string, kind: Weight['kind'], experts: number, pieces: Piece[]) => out.push({ name, kind, experts, pieces });
  const matrix = (name: string, rows: number, cols: number, tensor = `${name}.weight`) =>
    add(name, 'matrix', 0, [whole(tensor, rows, cols)]);
  const vector = (name: string, length: number) => add(name, 'vector', 0, [whole(`${name}.weight`, length)]);
  const mlp = (name: string, tensors: string, inner: number) => {
    add(`${name}.gate_up`, 'matrix', 0, [
      whole(`${tensors}.gate_proj.weight`, inner, hidden),
      whole(`${tensors}.up_proj.weight`, inner, hidden),
    ]);
    add(`${name}.down`, 'matrix', 0, [whole(`${tensors}.down_proj.weight`, hidden, inner)]);
  };

  matrix('model.embed_tokens', spec.vocabulary, hidden);
  spec.layers.forEach(({ attention: a, feedForward: f }, layer) => {
    const at = `model.layers.${layer}`;
    const self = `${at}.self_attn`;
    vector(`${at}.input_layernorm`, hidden);
    vector(`${at}.post_attention_layernorm`, hidden);
    if (a.kind === 'gqa') {
      matrix(`${self}.q_proj`, a.heads * a.headDim, hidden);
      matrix(`${self}.k_proj`, a.kvHeads * a.headDim, hidden);
      matrix(`${self}.v_proj`, a.kvHeads * a.headDim, hidden);
      matrix(`${self}.o_proj`, hidden, a.heads * a.headDim);
      if (a.qkNorm === 'weighted') {
        vector(`${self}.q_norm`, a.headDim);
        vector(`${self}.k_norm`, a.headDim);
      }
    } else {
      const queries = a.heads * (a.nope + a.rotated);
      if (a.qLatent === null) matrix(`${self}.q_proj`, queries, hidden);
      else {
        matrix(`${self}.q_a_proj`, a.qLatent, hidden);
        vector(`${self}.q_a_layernorm`, a.qLatent);
        matrix(`${self}.q_b_proj`, queries, a.qLatent);
      }
      matrix(`${self}.kv_a_proj_with_mqa`, a.latent + a.rotated, hidden);
      vector(`${self}.kv_a_layernorm`, a.latent);
      matrix(`${self}.kv_b_proj`, a.heads * (a.nope + a.valueDim), a.latent);
      if (a.gated) matrix(`${self}.gate_proj`, a.heads * a.valueDim, hidden);
      matrix(`${self}.o_proj`, hidden, a.heads * a.valueDim);
    }
    const block = `${at}.${names.block}`;
    if (f.kind === 'dense') {
      mlp(`${at}.mlp`, block, f.inner);
      return;
    }
    matrix(`${at}.mlp.gate`, f.experts, hidden, `${block}.${names.router}.weight`);
    if (f.router.scoring === 'sigmoid with bias')
      add(`${at}.mlp.gate.bias`, 'bias', 0, [whole(`${block}.${names.router}.e_score_correction_bias`, f.experts)]);
    const experts = Array.from({ length: f.experts }, (_, e) => e);
    const of = names.experts;
    const gateUp = (e: number): Piece[] =>
      of === 'stacked'
        ? [{ tensor: `${block}.experts.gate_up_proj`, shape: [f.experts, hidden, 2 * f.inner], expert: e }]
        : [
            whole(`${block}.experts.${e}.${of[0]}.weight`, f.inner, hidden),
            whole(`${block}.experts.${e}.${of[1]}.weight`, f.inner, hidden),
          ];
    const down = (e: number): Piece =>
      of === 'stacked'
        ? { tensor: `${block}.experts.down_proj`, shape: [f.experts, f.inner, hidden], expert: e }
        : whole(`${block}.experts.${e}.${of[2]}.weight`, hidden, f.inner);
    add(`${at}.mlp.experts.gate_up`, 'matrix', f.experts, experts.flatMap(gateUp));
    add(`${at}.mlp.experts.down`, 'matrix', f.experts, experts.map(down));
    if (f.sharedInner > 0) mlp(`${at}.mlp.shared_experts`, `${block}.${names.sharedExperts}`, f.sharedInner);
  });
  vector('model.norm', hidden);
  if (!spec.tiedHead) matrix('lm_head', spec.vocabulary, hidden);
  return out;
}

export const parametersOf = (spec: ModelSpec): number =>
  weightsOf(spec).reduce((sum, { pieces }) => sum + pieces.reduce((own, piece) => own + valuesIn(piece), 0), 0);

/** The weight that the LM head multiplies by. */
export const headOf = (spec: ModelSpec): string => (spec.tiedHead ? 'model.embed_tokens' : 'lm_head');

/** Throws InputError unless there is each tensor of the model with its shape, and no other. */
export function checkTensors(spec: ModelSpec, tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>): void {
  const wanted = new Map(weightsOf(spec).flatMap(({ pieces }) => pieces.map((piece) => [piece.tensor, piece.shape] as const)));
  for (const [name, shape] of wanted) {
    const found = tensors.get(name)?.shape;
    if (!found) throw new InputError(`The checkpoint lacks tensor ${name} [${shape}].`);
    if (found.join() !== shape.join()) throw new InputError(`Tensor ${name} should be [${shape}], but the checkpoint has [${found}].`);
  }
  for (const name of tensors.keys())
    if (!wanted.has(name) && !isUnused(spec, name))
      throw new InputError(`The checkpoint has tensor ${name}, which a ${spec.family} of this config does not have.`);
}

/** Tensors that checkpoints carry though no forward pass reads them. */
function isUnused(spec: ModelSpec, name: string): boolean {
  if (spec.tiedHead && name === 'lm_head.weight') return true;
  if (name.endsWith('.rotary_emb.inv_freq')) return true;
  const layer = Number(/^model\.layers\.(\d+)\./.exec(name)?.[1]);
  return layer >= spec.layers.length && layer < spec.layers.length + spec.names.unusedLayers;
}
