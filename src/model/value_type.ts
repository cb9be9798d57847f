/** What a value's elements are, on the GPU and on the wire. Two bf16 share a word; a row of them is padded to whole words. */
export type ValueType = 'f32' | 'u32' | 'bf16';

export const BYTES_OF: Readonly<Record<ValueType, number>> = { f32: 4, u32: 4, bf16: 2 };

/** What kernels read and copies move at least: a word of 32 bits. */
export const WORD_BYTES = BYTES_OF.u32;
