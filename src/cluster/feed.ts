import { INPUTS } from '../program/lower';

/** What a rank starts a run with: its own sequences, one after the other, and the sizes that follow from them. */
export type Feed = {
  readonly inputs: ReadonlyMap<string, Uint32Array<ArrayBuffer>>;
  readonly symbols: ReadonlyMap<string, number>;
};

/** Feed of a rank with these sequences of token ids; none at all is fine. */
export function feedOf(rank: number, sequences: readonly (readonly number[])[]): Feed {
  const position: number[] = [];
  const start: number[] = [];
  const last: number[] = [];
  let keys = 0;
  for (const sequence of sequences) {
    const first = position.length;
    sequence.forEach((_, i) => {
      position.push(i);
      start.push(first);
      keys += i + 1;
    });
    last.push(position.length - 1);
  }
  return {
    inputs: new Map([
      [INPUTS.ids, Uint32Array.from(sequences.flat())],
      [INPUTS.position, Uint32Array.from(position)],
      [INPUTS.start, Uint32Array.from(start)],
      [INPUTS.last, Uint32Array.from(last)],
    ]),
    symbols: new Map([
      ['tokens', position.length],
      ['sequences', sequences.length],
      ['rank', rank],
      ['keys', keys],
    ]),
  };
}
