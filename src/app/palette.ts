import type { Block } from '../program/program';

/** How each kind of operation is drawn: a colour of the Okabe–Ito palette (safe for colour-blind readers) and a name. */
export const PALETTE: Readonly<Record<Block, { readonly label: string; readonly colour: string; readonly hatch?: 'up' | 'down' }>> = {
  attention: { label: 'Attention', colour: '#0072B2' },
  router: { label: 'Router', colour: '#CC79A7' },
  routed: { label: 'Routed experts', colour: '#D55E00' },
  shared: { label: 'Shared experts, dense MLP', colour: '#009E73' },
  residual: { label: 'Residual sums', colour: '#8a8f98' },
  embedding: { label: 'Embedding, final norm, LM head', colour: '#56B4E9' },
  head: { label: 'Embedding, final norm, LM head', colour: '#56B4E9' },
  dispatch: { label: 'Dispatch (all-to-all)', colour: '#E69F00', hatch: 'up' },
  'all-reduce': { label: 'All-reduce', colour: '#E69F00', hatch: 'up' },
  combine: { label: 'Combine (all-to-all)', colour: '#F0E442', hatch: 'down' },
};
