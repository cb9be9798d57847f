/** Plain data as it is handed on: nothing of it is changed. */
export type Frozen<T> = T extends string | number | boolean | bigint | symbol | null | undefined
  ? T
  : { readonly [K in keyof T]: Frozen<T[K]> };
