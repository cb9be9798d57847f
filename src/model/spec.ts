/** What a checkpoint computes, whatever family it is of: the shapes and switches that the program is lowered from. */
export type ModelSpec = {
  readonly family: string;
  readonly vocabulary: number;
  readonly hidden: number;
  readonly normEps: number;
  readonly maxPositions: number;
  readonly layers: readonly LayerSpec[];
};

export type LayerSpec = { readonly attention: AttentionSpec; readonly feedForward: FeedForwardSpec };

/** Rotary embedding of `dim` columns a head; interleaved pairs are columns 2i and 2i + 1, else i and i + dim / 2. */
export type Rope = { readonly theta: number; readonly dim: number; readonly interleaved: boolean };

export type AttentionSpec =
  | {
      readonly kind: 'gqa';
      readonly heads: number;
      readonly kvHeads: number;
      readonly headDim: number;
      readonly qkNorm: boolean;
      readonly rope: Rope;
    }
  | {
      readonly kind: 'mla';
      readonly heads: number;
      readonly latent: number;
      readonly nope: number;
      readonly valueDim: number;
      readonly rope: Rope;
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
      readonly normaliseTopK: boolean;
      readonly scale: number;
    };

export const isMoe = (layer: LayerSpec): boolean => layer.feedForward.kind === 'moe';
