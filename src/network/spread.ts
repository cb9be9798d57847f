import type { Collective, Spread } from '../program/program';

/** A spread whose parts are handed on from neighbour to neighbour; all other collectives send straight. */
export type Ring = Spread & { readonly algorithm: 'ring' };

/** Part `part`, which has reached a rank of a ring in its `step`-th step, counted from 0, at `at`. */
export type RingPart = { readonly part: number; readonly step: number; readonly at: number };

/**
 * Which rows of a sender's input go where in a receiver's output; `partRows[r]` are the rows of part r. Gathered, part
 * s lies behind those before it; scattered, contributions lie by sender.
 */
export function spreadRows({ kind }: Spread, partRows: readonly number[], sender: number, receiver: number) {
  const before = (part: number) => partRows.slice(0, part).reduce((a, b) => a + b, 0);
  return kind === 'all-gather'
    ? { count: partRows[sender]!, from: 0, to: before(sender) }
    : { count: partRows[receiver]!, from: before(receiver), to: sender * partRows[receiver]! };
}

export const isRing = (op: Collective): op is Ring => op.kind !== 'all-to-all' && op.algorithm === 'ring';

export const nextInRing = (rank: number, ranks: number): number => (rank + 1) % ranks;

/** The part that a rank sets out with: gathered, its own; scattered, that of the rank before it, its last stop. */
export const firstPartOf = ({ kind }: Ring, rank: number, ranks: number): number =>
  kind === 'all-gather' ? rank : (rank + ranks - 1) % ranks;

/** Whether a part has gone all the way round with this step. */
export const isLastStep = (step: number, ranks: number): boolean => step === ranks - 2;

/** The senders whose rows a part brings a receiver in its `step`-th step. */
export function broughtBy({ kind }: Ring, part: number, step: number, receiver: number, ranks: number): number[] {
  // A gathered part is copied from where it set out: every rank on its way holds the same bytes.
  if (kind === 'all-gather') return [part];
  if (!isLastStep(step, ranks)) return [];
  return Array.from({ length: ranks }, (_, sender) => sender).filter((sender) => sender !== receiver);
}
