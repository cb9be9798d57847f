import type { Place } from '../builder';
import type { Block } from '../program';

const BLOCK_OF: readonly (readonly [pattern: RegExp, block: Block])[] = [
  [/^model\.embed_tokens$/, 'embedding'],
  [/\.(self_attn\.|input_layernorm$)/, 'attention'],
  [/\.mlp\.gate(\.bias)?$/, 'router'],
  [/\.mlp\.experts\./, 'routed'],
  [/\.(mlp\.|post_attention_layernorm$)/, 'shared'],
];

/** The layer that a weight is of, and the block that it is drawn with. */
export function placeOfWeight(weight: string): Place {
  const layer = /^model\.layers\.(\d+)\./.exec(weight)?.[1];
  const block = BLOCK_OF.find(([pattern]) => pattern.test(weight))?.[1] ?? 'head';
  return { block, layer: layer === undefined ? null : Number(layer) };
}
