import type { TextTokenizer } from '../../../model/tokenizer';

/** What follows an item, and comes before each. */
export const END = '\n';

/** An item as tokens, from the end of what came before to its own. */
export const tokensOf = ({ encode }: TextTokenizer, prompt: string, answer: string): number[] => [
  ...encode(END, true),
  ...encode(prompt, true),
  ...encode(answer + END, true),
];
