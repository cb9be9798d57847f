import { BLOCKS, type Block } from '../../program/program';
import { KERNEL_KINDS, type KernelKind } from '../../trace/kernel_kinds';

/** Blocks of our programs, and what kernels of others' are. */
export type DrawnBlock = Block | KernelKind;
export const DRAWN_BLOCKS: readonly DrawnBlock[] = [...new Set([...BLOCKS, ...KERNEL_KINDS])];

/**
 * How each of them is drawn. Hues are calm and without red, which is for waiting alone. Those of kernels, and each
 * beside that red, are at least 18 apart (CIE 1976), also to eyes without red, green or blue cones; collectives have
 * lanes and hatches of their own. test/app/palette.test.ts holds it.
 */
type Look = { readonly colour: string; readonly hatch?: 'up' | 'down' };
export const PALETTE: Readonly<Record<DrawnBlock, Look>> = {
  attention: { colour: '#346478' },
  router: { colour: '#ccca81' },
  routed: { colour: '#6987ca' },
  shared: { colour: '#accaab' },
  residual: { colour: '#8a8f98' },
  embedding: { colour: '#8acaf3' },
  head: { colour: '#8acaf3' },
  dispatch: { colour: '#e0b040', hatch: 'up' },
  'all-reduce': { colour: '#e0b040', hatch: 'up' },
  combine: { colour: '#fff6dc', hatch: 'down' },
  'matrix product': { colour: '#6987ca' },
  norm: { colour: '#accaab' },
  memory: { colour: '#ccca81' },
  communication: { colour: '#e0b040', hatch: 'up' },
  other: { colour: '#8a8f98' },
};

/** Of a block that files or traces name; one that is not known here is grey. */
export const lookOf = (block: string): Look =>
  Object.hasOwn(PALETTE, block) ? PALETTE[block as DrawnBlock] : PALETTE.other;

const DARK = '#10151a';
const LIGHT = '#ffffff';

/** What is written on a colour (#rrggbb): white where that is further from it in luminance (WCAG 2), else near black. */
export function inkOn(colour: string): string {
  const [r, g, b] = [1, 3, 5].map((at) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  // Contrasts with white and with black are alike at a luminance of 0.179.
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b! > 0.179 ? DARK : LIGHT;
}
