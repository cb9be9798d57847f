import type { Block } from '../../program/program';

/** How each kind of operation is drawn: a colour of the Okabe–Ito palette (safe for colour-blind readers). */
type Look = { readonly colour: string; readonly hatch?: 'up' | 'down' };
export const PALETTE: Readonly<Record<Block, Look>> = {
  attention: { colour: '#0072B2' },
  router: { colour: '#CC79A7' },
  routed: { colour: '#D55E00' },
  shared: { colour: '#009E73' },
  residual: { colour: '#8a8f98' },
  embedding: { colour: '#56B4E9' },
  head: { colour: '#56B4E9' },
  dispatch: { colour: '#E69F00', hatch: 'up' },
  'all-reduce': { colour: '#E69F00', hatch: 'up' },
  combine: { colour: '#F0E442', hatch: 'down' },
};

/** Of a block that files or traces name; one that is not known here is grey. */
export const lookOf = (block: string): Look => (Object.hasOwn(PALETTE, block) ? PALETTE[block as Block] : OTHER);
const OTHER: Look = PALETTE.residual;
