/**
 * What a value's elements are, on the GPU and on the wire. Two bf16 share a word; a row of them is padded to whole
 * words.
 */
export type ValueType = 'f32' | 'u32' | 'bf16';

export const BYTES_OF: Readonly<Record<ValueType, number>> = { f32: 4, u32: 4, bf16: 2 };

/** What kernels read and copies move at least: a word of 32 bits. */
export const WORD_BYTES = BYTES_OF.u32;

/** A row of `width` values, padded to whole words: its columns, and the words that it takes. */
export const colsOfRow = (width: number, type: ValueType): number => (type === 'bf16' ? width + (width % 2) : width);
export const wordsOfRow = (width: number, type: ValueType): number =>
  (colsOfRow(width, type) * BYTES_OF[type]) / WORD_BYTES;
