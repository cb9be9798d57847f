import type { Collective, Spread } from '../program/program';
import { createPorts } from './ports';
import { linksOf, type Topology } from './topology';
import { createTransfers } from './transfers';

/** What brings collectives, on a clock that is only counted and never goes back. */
export type Network = {
  /** A collective whose parts could leave at `at` on all ranks. */
  readonly start: (op: Collective, at: number) => void;
  /**
   * When the last rank holds what a collective brings it, were nothing else sent from now on. Throws when it was not
   * started.
   */
  readonly heldAt: (op: Collective) => number;
};

/** Collectives that pass one at a time, each as long as `timeOf` says. */
export function oneAtATime(timeOf: (op: Collective) => number): Network {
  const ports = createPorts(1);
  const heldAt = new Map<Collective, number>();
  return {
    start: (op, at) => {
      heldAt.set(op, ports.hold(0, 0, ports.startAt(0, 0, at), timeOf(op)));
    },
    heldAt: (op) => heldAt.get(op) ?? notStarted(op),
  };
}

/**
 * Links as in a run, on which every rank sends `bytesOf(op)` through its port, evenly to all others or handed round a
 * ring. Jitter and stragglers are not foreseen.
 */
export function evenNetwork(topology: Topology, ranks: number, bytesOf: (op: Collective) => number): Network {
  const links = linksOf({ ...topology, jitter: 0, slow: null }, ranks, () => 0);
  const transfers = createTransfers(ranks, links, {
    // Each message is a row.
    rowBytes: (op) => bytesOf(op) / Math.max(1, ranks - 1),
    rowsOf: (value) => (value === SCATTERED ? ranks : 1),
    expertsOf: () => 0,
    onExchange: () => {},
    copy: () => {},
    onSent: () => {},
  });
  const evened = new Map<Collective, Collective>();
  /** The same collective with values whose rows `rowsOf` knows; an all-to-all plans its rows itself. */
  const plain = (op: Collective): Collective => {
    const values = { input: GATHERED, output: op.kind === 'reduce-scatter' ? SCATTERED : GATHERED };
    const known =
      evened.get(op) ??
      (op.kind === 'all-to-all'
        ? { ...op, ...values, direction: 'dispatch', exchange: `${op.id}` }
        : { ...op, ...values });
    evened.set(op, known);
    return known;
  };
  const row = new Uint32Array(ranks).fill(1);
  return {
    start(op, at) {
      transfers.deliver(at);
      for (let rank = 0; rank < ranks; rank++)
        transfers.announce(rank, plain(op), { readyAt: at, at }, op.kind === 'all-to-all' ? row : null);
    },
    heldAt(op) {
      for (;;) {
        const held = transfers.arrivedEverywhereAt(plain(op));
        if (held !== undefined) return held;
        const next = transfers.nextEvent();
        if (!Number.isFinite(next)) notStarted(op);
        transfers.deliver(next);
      }
    },
  };
}

function notStarted(op: Collective): never {
  throw new Error(`${op.name} (operation ${op.id}) is waited for before it is started`);
}

const GATHERED = 'a part';
const SCATTERED = 'all contributions';

/** ms that a collective takes alone when `bytes` leave each rank's port. */
export function aloneMs(op: Collective, topology: Topology, ranks: number, bytes: number): number {
  const network = evenNetwork(topology, ranks, () => bytes);
  network.start(op, 0);
  return network.heldAt(op);
}

/**
 * The all-reduce that brings a value of `bytes` sooner: one step of N - 1 times the bytes, or 2 (N - 1) steps of an
 * N-th each.
 */
export function quickerAllReduce(topology: Topology, ranks: number, bytes: number): Spread['algorithm'] {
  if (ranks === 1) return 'direct';
  const op = (algorithm: Spread['algorithm']): Spread => ({
    kind: 'all-gather',
    algorithm,
    id: 0,
    name: 'All-gather',
    block: 'all-reduce',
    phase: 'forward',
    layer: null,
    input: '',
    output: '',
  });
  const direct = aloneMs(op('direct'), topology, ranks, (ranks - 1) * bytes);
  const half = aloneMs(op('ring'), topology, ranks, ((ranks - 1) * bytes) / ranks);
  return direct <= 2 * half ? 'direct' : 'ring';
}
