import type { Collective, Spread } from '../program/program';
import { createPorts } from './ports';
import { type LinkBetween, linksOf, type Topology } from './topology';
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

/** Bytes that a collective sends from one rank to another; of a spread, those of the part that it is or is for. */
export type BytesBetween = (op: Collective, from: number, to: number) => number;

/**
 * Links as in a run, on which ranks send what `bytesBetween` says, each from when its own part could leave. Time is
 * only counted, and never goes back.
 */
export function linkNetwork(linkBetween: LinkBetween, ranks: number, bytesBetween: BytesBetween) {
  const plain = new Map<Collective, PlainCollective>();
  const byId = new Map<string, PlainCollective>();
  const plainOf = (op: Collective): PlainCollective => {
    const known = plain.get(op) ?? plainCollective(op, ranks, bytesBetween);
    plain.set(op, known);
    byId.set(known.op.input, known);
    return known;
  };
  const transfers = createTransfers(ranks, linkBetween, {
    rowBytes: ({ input }) => byId.get(input)!.unit,
    rowsOf: (value, rank) => byId.get(value)!.partRows[rank]!,
    expertsOf: () => 0,
    onExchange: () => {},
    copy: () => {},
    onSent: () => {},
  });
  return {
    start(op: Collective, rank: number, at: number): void {
      const own = plainOf(op);
      transfers.deliver(at);
      transfers.announce(rank, own.op, { readyAt: at, at }, own.rows?.[rank] ?? null);
    },
    deliver: (now: number) => transfers.deliver(now),
    /** When something arrives or leaves next; Infinity when nothing is under way. */
    nextEvent: () => transfers.nextEvent(),
    /** When a rank held all that a collective brings it; undefined while that is not known. */
    heldAt: (op: Collective, rank: number): number | undefined => transfers.arrivedAt(plainOf(op).op, rank),
    /** When the last rank held all that a collective brings; undefined while that is not known. */
    heldEverywhereAt: (op: Collective): number | undefined => transfers.arrivedEverywhereAt(plainOf(op).op),
  };
}

/** A collective whose rows are units of bytes, so that its messages have the bytes that they should. */
type PlainCollective = {
  readonly op: Collective;
  readonly unit: number;
  /** Of an all-to-all: rows from each rank to each. */
  readonly rows: readonly Uint32Array[] | null;
  /** Of a spread: what `rowsOf` answers for each rank. */
  readonly partRows: readonly number[];
};

function plainCollective(op: Collective, ranks: number, bytesBetween: BytesBetween): PlainCollective {
  const each = Array.from({ length: ranks }, (_, rank) => rank);
  const bytes = each.map((from) => each.map((to) => (from === to ? 0 : bytesBetween(op, from, to))));
  const most = Math.max(...bytes.flat());
  // As fine as rows can be counted; messages of no bytes are a row of none.
  const unit = most / 2 ** 30;
  const rowsIn = (sent: number): number => (most > 0 ? sent / unit : 1);
  const own = { ...op, input: `${op.id}`, output: `${op.id}` };
  if (own.kind === 'all-to-all')
    return {
      op: { ...own, direction: 'dispatch', exchange: `${op.id}` },
      unit,
      rows: bytes.map((row) => Uint32Array.from(row, (sent) => Math.round(rowsIn(sent)))),
      partRows: [],
    };
  const neighbour = (rank: number) => (rank + 1) % ranks;
  const partRows = each.map((part) =>
    own.kind === 'all-gather' ? rowsIn(bytes[part]![neighbour(part)]!) : ranks * rowsIn(bytes[neighbour(part)]![part]!),
  );
  return { op: own, unit, rows: null, partRows };
}

/** Links as in a run, on which every rank sends `bytesOf(op)` through its port; its parts could all leave at once. */
export function evenNetwork(topology: Topology, ranks: number, bytesOf: (op: Collective) => number): Network {
  const network = linkNetwork(steadyLinks(topology, ranks), ranks, (op) => bytesOf(op) / Math.max(1, ranks - 1));
  return togetherOn(network, ranks);
}

/** A network on which all ranks start a collective at once. */
export function togetherOn(network: ReturnType<typeof linkNetwork>, ranks: number): Network {
  return {
    start(op, at) {
      for (let rank = 0; rank < ranks; rank++) network.start(op, rank, at);
    },
    heldAt(op) {
      for (;;) {
        const held = network.heldEverywhereAt(op);
        if (held !== undefined) return held;
        const next = network.nextEvent();
        if (!Number.isFinite(next)) notStarted(op);
        network.deliver(next);
      }
    },
  };
}

function notStarted(op: Collective): never {
  throw new Error(`${op.name} (operation ${op.id}) is waited for before it is started`);
}

/** ms that a collective takes alone when `bytes` leave each rank's port; jitter and stragglers are not foreseen. */
export const aloneMs = (op: Collective, topology: Topology, ranks: number, bytes: number): number =>
  aloneOn(steadyLinks(topology, ranks), op, ranks, bytes);

/** The same on links as they are. */
export function aloneOn(linkBetween: LinkBetween, op: Collective, ranks: number, bytes: number): number {
  const network = togetherOn(
    linkNetwork(linkBetween, ranks, () => bytes / Math.max(1, ranks - 1)),
    ranks,
  );
  network.start(op, 0);
  return network.heldAt(op);
}

const steadyLinks = (topology: Topology, ranks: number): LinkBetween =>
  linksOf({ ...topology, jitter: 0, slow: null }, ranks, 0);

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
