import { PALETTE } from '../parts/palette';

// The first two as the two runs are marked everywhere. Of different lengths, so that what has the same colour has
// another dash or marker.
const COLOURS = [
  'var(--first)',
  'var(--second)',
  PALETTE.routed.colour,
  PALETTE.shared.colour,
  PALETTE.router.colour,
] as const;
const DASHES = ['none', '7 3', '2 3', '9 3 2 3'] as const;
const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye'] as const;

/** How a series is told from the others: by colour, and for who does not see it by dash and marker. */
export const styleOf = (series: number) => ({
  colour: COLOURS[series % COLOURS.length]!,
  dash: DASHES[series % DASHES.length]!,
  symbol: SYMBOLS[series % SYMBOLS.length]!,
});
