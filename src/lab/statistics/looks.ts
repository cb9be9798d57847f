/** Where an interval does not get narrow. */
export const MOST_REPEATS = 1000;

/**
 * After how many runs it is looked whether the intervals are narrow: 10, and each time half as many again. Who looks
 * after each run, and stops at the first narrow interval, stops too often at one that is narrow by chance.
 */
export const LOOKS: readonly number[] = looksFrom(10);

/** How often the interval of one look may miss. In simulations that at which runs stop misses in 4 of 100 at most. */
export const MISSES_OF_LOOK = 0.03;

function looksFrom(first: number): number[] {
  const looks: number[] = [];
  for (let runs = first; runs < MOST_REPEATS; runs = Math.ceil(1.5 * runs)) looks.push(runs);
  return [...looks, MOST_REPEATS];
}
