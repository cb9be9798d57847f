/** A product x [rows, inner] · weight [cols, inner]ᵀ that lies on the GPU, ready to be computed over and over. */
export type Product = {
  /** Hands so many products to the GPU and waits until they are done. */
  readonly run: (times: number) => Promise<void>;
  /** All values of one. */
  readonly values: () => Promise<Float32Array>;
  readonly destroy: () => void;
};

export type Shape = { readonly rows: number; readonly inner: number; readonly cols: number };

/** Something that multiplies on the GPU. */
export type Library = {
  readonly name: string;
  readonly prepare: (shape: Shape, x: Float32Array<ArrayBuffer>, weight: Float32Array<ArrayBuffer>) => Promise<Product>;
};
