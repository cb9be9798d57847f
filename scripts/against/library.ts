/** A product x [rows, inner] · weight [cols, inner]ᵀ that lies on the GPU, ready to be computed over and over. */
export type Product = {
  /** Hands so many products to the GPU and waits until they are done. */
  readonly run: (times: number) => Promise<void>;
  /** All values of one. */
  readonly values: () => Promise<Float32Array>;
  readonly destroy: () => void;
};

export type Shape = { readonly rows: number; readonly inner: number; readonly cols: number };

export type Values = Float32Array<ArrayBuffer>;

/** Something that multiplies on the GPU. */
export type Library = {
  readonly name: string;
  /** Ways to compute it, of which the quickest counts: `turned` is the weight as [inner, cols]. */
  readonly prepare: (shape: Shape, x: Values, weight: Values, turned: Values) => Promise<readonly Product[]>;
};
