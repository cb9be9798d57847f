/**
 * How a model is spread over ranks. `ep`: attention data-parallel, each rank with sequences of its own, the experts
 * spread. `tp`: every rank has all tokens; attention heads, MLP channels and experts are spread, and what the ranks
 * computed is added up.
 */
export type Plan = { readonly kind: 'ep' | 'tp'; readonly ranks: number };

/** Of so many tokens in all, those that each rank has, on the mean. */
export const tokensOfRank = ({ kind, ranks }: Plan, tokens: number): number =>
  kind === 'ep' ? tokens / ranks : tokens;

/** Ranks that compute a sequence: `ep` deals sequences out in turn. */
export const holdersOf = ({ kind, ranks }: Plan, sequence: number): number[] =>
  kind === 'ep' ? [sequence % ranks] : Array.from({ length: ranks }, (_, rank) => rank);

/** Where the results of a sequence are read: a rank, and which of that rank's sequences it is. */
export const resultPlaceOf = (
  { kind, ranks }: Plan,
  sequence: number,
): { readonly rank: number; readonly index: number } =>
  kind === 'ep' ? { rank: sequence % ranks, index: Math.floor(sequence / ranks) } : { rank: 0, index: sequence };
