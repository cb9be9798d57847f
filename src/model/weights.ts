import { InputError } from '../words/error';
import { phrase, quoted } from '../words/phrase';
import type { Plan } from './plan';
import { checkFloats, type Tensor } from './safetensors';
import type { ModelSpec } from './spec';

/**
 * A weight as the kernels want it: rows of `cols` values, made of pieces of checkpoint tensors that lie one after the
 * other. A weight of experts has the pieces of each expert in turn and is spread evenly over the ranks; others are on
 * every rank, or, under tensor parallelism, cut as `split` says.
 */
export type Weight = {
  readonly name: string;
  /** Experts whose pieces these are; 0 for a weight that every rank has whole. */
  readonly experts: number;
  /**
   * What tensor parallelism spreads of each piece: its output rows or its input columns, in so many blocks (heads,
   * channels).
   */
  readonly split: { readonly axis: 'rows' | 'cols'; readonly blocks: number } | null;
  readonly pieces: readonly Piece[];
  /**
   * A vector is a norm's weights, a bias an offset of scores; what a weight is made of when it is drawn from a seed.
   */
  readonly kind: 'matrix' | 'vector' | 'bias';
};

/** A whole tensor; or, of one that stacks all experts, the matrix of one expert, transposed. */
export type Piece = { readonly tensor: string; readonly shape: readonly number[]; readonly expert: number | null };

/** Rows and columns of a piece as it lies in the weight; a vector is a column. */
export const matrixIn = ({ shape, expert }: Piece): { readonly rows: number; readonly cols: number } =>
  expert === null ? { rows: shape[0]!, cols: shape[1] ?? 1 } : { rows: shape[2]!, cols: shape[1]! };

/** A part of a piece's matrix. */
export type Cut = { readonly row: number; readonly rows: number; readonly col: number; readonly cols: number };

/** What a rank holds of the i-th piece of a weight; null when nothing. */
export function cutOf({ experts, pieces, split }: Weight, i: number, { kind, ranks }: Plan, rank: number): Cut | null {
  const { rows, cols } = matrixIn(pieces[i]!);
  const whole = { row: 0, rows, col: 0, cols };
  if (experts > 0) return Math.floor(i / (pieces.length / ranks)) === rank ? whole : null;
  if (kind === 'ep' || !split) return whole;
  const parts = Math.min(ranks, split.blocks); // ranks share a block when there are fewer
  const part = Math.floor((rank * parts) / ranks);
  return split.axis === 'rows'
    ? { ...whole, row: (rows / parts) * part, rows: rows / parts }
    : { ...whole, col: (cols / parts) * part, cols: cols / parts };
}

/** Rows and columns of a weight on each rank; all ranks have as many. */
export function shapeOnRank(weight: Weight, plan: Plan): { readonly rows: number; readonly cols: number } {
  const cuts = weight.pieces.flatMap((_, i) => cutOf(weight, i, plan, 0) ?? []);
  return { rows: cuts.reduce((sum, { rows }) => sum + rows, 0), cols: cuts[0]!.cols };
}

const valuesIn = ({ shape, expert }: Piece): number => shape.slice(expert === null ? 0 : 1).reduce((a, b) => a * b, 1);

/**
 * All weights of a model. Their names are those of DeepSeek's checkpoints whatever the family, with gate_up and down
 * for the projections of gated MLPs; their tensors are named as transformers saves the family.
 */
export function weightsOf(spec: ModelSpec): Weight[] {
  const out: Weight[] = [];
  const { names, hidden } = spec;
  const named = (tensor: string): string => `${names.within}${tensor}`;
  const whole = (tensor: string, ...shape: number[]): Piece => ({ tensor: named(tensor), shape, expert: null });
  const add = (name: string, kind: Weight['kind'], experts: number, pieces: Piece[], split: Weight['split'] = null) =>
    out.push({ name, kind, experts, split, pieces });
  const matrix = (name: string, rows: number, cols: number, tensor = `${name}.weight`, split: Weight['split'] = null) =>
    add(name, 'matrix', 0, [whole(tensor, rows, cols)], split);
  const outOf = (blocks: number) => ({ axis: 'rows', blocks }) as const;
  const into = (blocks: number) => ({ axis: 'cols', blocks }) as const;
  const heads = (name: string, rows: number, cols: number, split: Weight['split']) =>
    matrix(name, rows, cols, `${name}.weight`, split);
  const vector = (name: string, length: number) => add(name, 'vector', 0, [whole(`${name}.weight`, length)]);
  const mlp = (name: string, tensors: string, inner: number) => {
    const gateUp = [
      whole(`${tensors}.gate_proj.weight`, inner, hidden),
      whole(`${tensors}.up_proj.weight`, inner, hidden),
    ];
    add(`${name}.gate_up`, 'matrix', 0, gateUp, outOf(inner));
    add(`${name}.down`, 'matrix', 0, [whole(`${tensors}.down_proj.weight`, hidden, inner)], into(inner));
  };

  matrix('model.embed_tokens', spec.vocabulary, hidden);
  spec.layers.forEach(({ attention: a, feedForward: f }, layer) => {
    const at = `model.layers.${layer}`;
    const self = `${at}.self_attn`;
    vector(`${at}.input_layernorm`, hidden);
    vector(`${at}.post_attention_layernorm`, hidden);
    if (a.kind === 'gqa') {
      heads(`${self}.q_proj`, a.heads * a.headDim, hidden, outOf(a.heads));
      heads(`${self}.k_proj`, a.kvHeads * a.headDim, hidden, outOf(a.kvHeads));
      heads(`${self}.v_proj`, a.kvHeads * a.headDim, hidden, outOf(a.kvHeads));
      heads(`${self}.o_proj`, hidden, a.heads * a.headDim, into(a.heads));
      if (a.qkNorm === 'weighted') {
        vector(`${self}.q_norm`, a.headDim);
        vector(`${self}.k_norm`, a.headDim);
      }
    } else {
      const queries = a.heads * (a.nope + a.rotated);
      if (a.qLatent === null) heads(`${self}.q_proj`, queries, hidden, outOf(a.heads));
      else {
        matrix(`${self}.q_a_proj`, a.qLatent, hidden);
        vector(`${self}.q_a_layernorm`, a.qLatent);
        heads(`${self}.q_b_proj`, queries, a.qLatent, outOf(a.heads));
      }
      matrix(`${self}.kv_a_proj_with_mqa`, a.latent + a.rotated, hidden);
      vector(`${self}.kv_a_layernorm`, a.latent);
      heads(`${self}.kv_b_proj`, a.heads * (a.nope + a.valueDim), a.latent, outOf(a.heads));
      if (a.gated) heads(`${self}.gate_proj`, a.heads * a.valueDim, hidden, outOf(a.heads));
      heads(`${self}.o_proj`, hidden, a.heads * a.valueDim, into(a.heads));
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
        ? [{ tensor: named(`${block}.experts.gate_up_proj`), shape: [f.experts, hidden, 2 * f.inner], expert: e }]
        : [
            whole(`${block}.experts.${e}.${of[0]}.weight`, f.inner, hidden),
            whole(`${block}.experts.${e}.${of[1]}.weight`, f.inner, hidden),
          ];
    const down = (e: number): Piece =>
      of === 'stacked'
        ? { tensor: named(`${block}.experts.down_proj`), shape: [f.experts, f.inner, hidden], expert: e }
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

const tensorsOf = (spec: ModelSpec): Map<string, readonly number[]> =>
  new Map(weightsOf(spec).flatMap(({ pieces }) => pieces.map((piece) => [piece.tensor, piece.shape] as const)));

/** Throws InputError where a tensor of the model is of a type that it can't be computed from. */
export function checkTypes(spec: ModelSpec, tensors: ReadonlyMap<string, Pick<Tensor, 'name' | 'dtype'>>): void {
  for (const name of tensorsOf(spec).keys()) {
    const tensor = tensors.get(name);
    if (tensor) checkFloats(tensor);
  }
}

/** Throws InputError unless there is each tensor of the model with its shape, and no other. */
export function checkTensors(
  spec: ModelSpec,
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): void {
  const wanted = tensorsOf(spec);
  for (const [name, shape] of wanted) {
    const found = tensors.get(name)?.shape;
    if (!found) throw new InputError(phrase`The checkpoint lacks tensor ${name} [${shape.join()}].`);
    if (found.join() !== shape.join())
      throw new InputError(
        phrase`Tensor ${name} should be [${shape.join()}], but the checkpoint has [${quoted(found.join())}].`,
      );
  }
  for (const name of tensors.keys())
    if (!wanted.has(name) && !isUnused(spec, name))
      throw new InputError(
        phrase`The checkpoint has tensor ${quoted(name)}, which a ${spec.family} of this config does not have.`,
      );
}

/** Whether a tensor is of another part of the checkpoint than the model that runs. */
export const isLeftOut = ({ names }: ModelSpec, tensor: string): boolean =>
  names.leftOut.some((part) => tensor.startsWith(part));

/** Tensors that checkpoints carry though no forward pass reads them. */
function isUnused(spec: ModelSpec, tensor: string): boolean {
  if (isLeftOut(spec, tensor)) return true;
  if (tensor.endsWith('.rotary_emb.inv_freq')) return true;
  if (!tensor.startsWith(spec.names.within)) return false;
  const name = tensor.slice(spec.names.within.length);
  if (spec.tiedHead && name === 'lm_head.weight') return true;
  const layer = Number(/^model\.layers\.(\d+)\./.exec(name)?.[1]);
  return layer >= spec.layers.length && layer < spec.layers.length + spec.names.unusedLayers;
}
