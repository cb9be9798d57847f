import { BLOCKS, type Block } from '../../program/program';
import { KERNEL_KINDS, type KernelKind } from '../../trace/kernel_kinds';

/** Blocks of our programs, and what kernels of others' are. */
export type DrawnBlock = Block | KernelKind;
export const DRAWN_BLOCKS: readonly DrawnBlock[] = [...new Set([...BLOCKS, ...KERNEL_KINDS])];

/** How each of them is drawn: a colour of the Okabe–Ito palette (safe for colour-blind readers). */
type Look = { readonly colour: string; readonly hatch?: 'up' | 'down' };
export const PALETTE: Readonly<Record<DrawnBlock, Look>> = {
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
  'matrix product': { colour: '#D55E00' },
  norm: { colour: '#009E73' },
  memory: { colour: '#CC79A7' },
  communication: { colour: '#E69F00', hatch: 'up' },
  other: { colour: '#8a8f98' },
};

/** Of a block that files or traces name; one that is not known here is grey. */
export const lookOf = (block: string): Look =>
  Object.hasOwn(PALETTE, block) ? PALETTE[block as DrawnBlock] : PALETTE.other;
