import type { TransferHooks } from '../../src/network/transfers';
import type { Spread } from '../../src/program/program';

export const allGather = (algorithm: Spread['algorithm']): Spread => ({
  kind: 'all-gather',
  algorithm,
  id: 0,
  name: '',
  block: 'all-reduce',
  phase: 'forward',
  layer: 0,
  input: '',
  output: '',
});

/** Every part is a row of four bytes; nothing is copied. */
export const ONE_ROW: TransferHooks = {
  rowBytes: () => 4,
  rowsOf: () => 1,
  expertsOf: () => 0,
  onExchange: () => {},
  onSent: () => {},
  copy: () => {},
};
