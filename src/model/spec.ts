/** What a checkpoint computes, whatever family it is of: the shapes and switches that the program is lowered from. */
export type ModelSpec = {
  readonly family: string;
  readonly vocabulary: number;
  readonly hidden: number;
  readonly normEps: number;
  readonly maxPositions: number;
  /** The one rotary embedding that all layers which rotate share. */
  readonly rope: RopeSpec;
  /** Layers marked `chunked` attend only within chunks of so many positions; null where no layer is. */
  readonly attentionChunk: number | null;
  /** Layers marked `tempered` scale queries at position p by 1 + scale * ln(1 + floor((p + 1) / floor)). */
  readonly temperature: { readonly scale: number; readonly floor: number } | null;
  /** The LM head is the embedding. */
  readonly tiedHead: boolean;
  readonly names: TensorNames;
  readonly layers: readonly LayerSpec[];
};

type LayerSpec = { readonly attention: AttentionSpec; readonly feedForward: FeedForwardSpec };

/** Rotary embedding of `dim` columns a head. */
export type RopeSpec = { readonly theta: number; readonly dim: number; readonly scaling: RopeScaling };

export type RopeScaling =
  | { readonly kind: 'default' }
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFactor: number;
      readonly highFactor: number;
      readonly originalPositions: number;
    }
  | {
      readonly kind: 'yarn';
      readonly factor: number;
      readonly originalPositions: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly truncate: boolean;
      /** cos and sin are multiplied by it. */
      readonly attentionFactor: number;
    };

export type AttentionSpec =
  | {
      readonly kind: 'gqa';
      readonly heads: number;
      readonly kvHeads: number;
      readonly headDim: number;
      /** RMSNorm with weights before the rotation, or without weights after it (Llama 4's L2 norm). */
      readonly qkNorm: 'none' | 'weighted' | 'after rope';
      /** Pairs that are rotated: columns 2i and 2i + 1, or i and i + dim / 2, or none. */
      readonly rope: 'interleaved' | 'halves' | 'none';
      readonly chunked: boolean;
      readonly tempered: boolean;
      /** Softmax is of scale * q . k. */
      readonly scale: number;
    }
  | {
      readonly kind: 'mla';
      readonly heads: number;
      /** Width of the queries' latent; null: queries are projected at once. */
      readonly qLatent: number | null;
      readonly latent: number;
      /** Of the norms of both latents. */
      readonly latentEps: number;
      readonly nope: number;
      readonly rotated: number;
      readonly valueDim: number;
      /** The output is multiplied by sigmoid(gate_proj(input)). */
      readonly gated: boolean;
      readonly scale: number;
    };

export type FeedForwardSpec =
  | { readonly kind: 'dense'; readonly inner: number }
  | {
      readonly kind: 'moe';
      readonly experts: number;
      readonly topK: number;
      readonly inner: number;
      /** Inner width of the shared experts together; 0 where there are none. */
      readonly sharedInner: number;
      readonly router: RouterSpec;
    };

export type RouterSpec = {
  /**
   * How a logit becomes a score, and by what experts are chosen: softmax, by score; sigmoid, by score; or sigmoid, by
   * score + a correction bias, in which case the best two experts make a group's score, else the best one.
   */
  readonly scoring: 'softmax' | 'sigmoid' | 'sigmoid with bias';
  /** Experts come from the best `keptGroups` of `groups` groups. */
  readonly groups: number;
  readonly keptGroups: number;
  readonly normalise: boolean;
  readonly scale: number;
  /** What the score multiplies: the expert's output, or (top-1 only) its input. */
  readonly weighs: 'output' | 'input';
  /** Experts are dealt out evenly, whatever the logits (timing runs of untrained models only). */
  readonly balanced: boolean;
};

/** How a family names the tensors of its feed-forward blocks; the rest is named alike in all. */
export type TensorNames = {
  readonly block: string;
  readonly router: string;
  readonly sharedExperts: string;
  /** Tensors of each expert, [gate, up, down]; or all experts in two tensors, each matrix transposed. */
  readonly experts: readonly [gate: string, up: string, down: string] | 'stacked';
  /** Layers after the last that checkpoints carry for predicting further tokens, and that are not run. */
  readonly unusedLayers: number;
  /** What all of the model's tensors begin with, where it is a part of another: `language_model.`; or nothing. */
  readonly within: string;
  /** What tensors of the other parts begin with, which are left out. */
  readonly leftOut: readonly string[];
};

export const isMoe = (layer: LayerSpec): boolean => layer.feedForward.kind === 'moe';
