import type { AllToAll, Collective, Spread } from '../program/program';
import { combineRows, dispatchRows, type ExchangeLayout, layoutOf } from './all_to_all';
import type { Link } from './link';
import { createWire } from './wire';

/**
 * Rows that are copied: `count` of them, from row `from` of the sender's input to row `to` of the receiver's output.
 */
export type Rows = { readonly count: number; readonly from: number; readonly to: number };

/** What the transfers ask of whoever holds the buffers. */
export type TransferHost = {
  /** Bytes of one row of what a collective moves. */
  readonly rowBytes: (op: Collective) => number;
  /** Rows of an input or output of a collective on a rank; of those whose sizes are known beforehand. */
  readonly rowsOf: (value: string, rank: number) => number;
  /** Experts of an exchange. */
  readonly expertsOf: (exchange: string) => number;
  /** All counts of an exchange are known: how many rows each rank sends, receives and computes from now on. */
  readonly onExchange: (op: AllToAll, layout: ExchangeLayout) => void;
  /** A message has arrived: copy its rows. */
  readonly copy: (op: Collective, sender: number, receiver: number, rows: Rows) => void;
  /** All that a rank had to send has been copied: its input may be used again. */
  readonly onSent: (op: Collective, sender: number) => void;
};

export type Announcement = { readonly readyAt: number; readonly at: number };

/**
 * What a message carries: part `part` of a collective on its `step`-th way (a ring hands parts on; all else goes
 * straight).
 */
type Content = { readonly op: Collective; readonly part: number; readonly step: number };

type State = ReturnType<typeof newState>;

/** A collective on a rank: from when its own part could leave to when it held all that it was to receive. */
export type HeldCollective = {
  readonly op: Collective;
  readonly rank: number;
  readonly readyAt: number;
  readonly heldAt: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
};
/** A message from when it left to when its receiver held it. */
export type HeldMessage = {
  readonly op: Collective;
  readonly from: number;
  readonly to: number;
  readonly leftAt: number;
  readonly heldAt: number;
  readonly bytes: number;
};

export type Transfers = ReturnType<typeof createTransfers>;

/**
 * The collectives of one run: what each rank has announced, which messages are on the wire, what has arrived, and when
 * it was held. No buffers and no GPU here. Times are ms on the host's clock, or on one that is only counted.
 */
export function createTransfers(ranks: number, linkBetween: (from: number, to: number) => Link, host: TransferHost) {
  const wire = createWire<Content>(ranks, linkBetween);
  const states = new Map<Collective, State>();
  /** What each rank announced, and the layout once all have. */
  const exchanges = new Map<string, { counts: (Uint32Array | null)[]; layout: ExchangeLayout | null }>();
  /** With the ranks whose rows each brought its receiver: a ring hands on others'. */
  const messages: (Omit<HeldMessage, 'heldAt'> & {
    readonly arrivedAt: number;
    readonly brought: readonly number[];
  })[] = [];
  const each = Array.from({ length: ranks }, (_, rank) => rank);

  const stateOf = (op: Collective): State => {
    const known = states.get(op) ?? newState(ranks);
    states.set(op, known);
    return known;
  };
  const exchangeFor = (op: AllToAll) => {
    const known = exchanges.get(op.exchange) ?? { counts: each.map(() => null), layout: null };
    exchanges.set(op.exchange, known);
    return known;
  };
  /** Rows that one rank sends to another; of a ring, those that a step hands on. */
  const rowsToSend = (op: Collective, from: number, to: number, part: number): number => {
    if (op.kind !== 'all-to-all')
      return op.kind === 'all-gather' ? host.rowsOf(op.input, part) : host.rowsOf(op.output, part) / ranks;
    const { counts } = exchangeFor(op);
    const experts = host.expertsOf(op.exchange);
    return op.direction === 'dispatch' ? counts[from]![experts + to]! : counts[to]![experts + from]!;
  };
  /** Which rows of whose input make up a part of a receiver's output; null while that is not known. */
  const rowsBetween = (op: Collective, sender: number, receiver: number): Rows | null => {
    if (op.kind === 'all-to-all') {
      const { layout } = exchangeFor(op);
      return (
        layout &&
        (op.direction === 'dispatch' ? dispatchRows(layout, sender, receiver) : combineRows(layout, sender, receiver))
      );
    }
    return spreadRows(
      op,
      each.map((rank) => rowsToSend(op, rank, rank, rank)),
      sender,
      receiver,
    );
  };

  /** Makes the copies of messages that have arrived, as soon as the layout of the receiving buffer is known. */
  const copyArrived = (op: Collective): void => {
    const state = stateOf(op);
    const waiting = state.toCopy.splice(0);
    for (const [from, to] of waiting) {
      const rows = rowsBetween(op, from, to);
      if (!rows) {
        state.toCopy.push([from, to]);
        continue;
      }
      host.copy(op, from, to, rows);
      if (--state.copiesLeft[from]! === 0) host.onSent(op, from);
    }
  };

  /** When all that a collective brings a rank had arrived; undefined while something is still to come. */
  const arrivedAt = (op: Collective, rank: number): number | undefined => {
    const { readyAt, arrivals } = stateOf(op);
    if (readyAt.includes(undefined) || arrivals[rank]!.includes(undefined)) return undefined;
    return Math.max(...(arrivals[rank] as number[]));
  };
  const arrivedEverywhereAt = (op: Collective): number | undefined => {
    const all = each.map((rank) => arrivedAt(op, rank));
    return all.includes(undefined) ? undefined : Math.max(...(all as number[]));
  };
  /** When a rank's device had taken in what has arrived, where it had to: all of it, or what one rank sent; else 0. */
  const takenInAt = (op: Collective, rank: number, from?: number): number => {
    const { taken } = stateOf(op);
    return from === undefined ? Math.max(...taken[rank]!) : taken[rank]![from]!;
  };

  const send = (from: number, to: number, readyAt: number, content: Content): void => {
    const bytes = rowsToSend(content.op, from, to, content.part) * host.rowBytes(content.op);
    stateOf(content.op).sentBytes[from]! += bytes;
    wire.offer(readyAt, [{ from, to, bytes, content }]);
  };

  /** A rank's own part sets out: straight to all others, or to its neighbour in the ring. */
  const sendOwn = (op: Collective, rank: number, { readyAt, at }: Announcement): void => {
    const state = stateOf(op);
    state.copiesLeft[rank] = 1;
    if (op.kind !== 'all-to-all' && op.algorithm === 'ring') {
      state.copiesLeft[rank] = ranks;
      const part = op.kind === 'all-gather' ? rank : (rank + ranks - 1) % ranks;
      if (ranks > 1) send(rank, (rank + 1) % ranks, readyAt, { op, part, step: 0 });
      for (const held of state.toHandOn[rank]!.splice(0)) handOn(op, rank, held);
    }
    // Each rank begins with its successor, so that not all send to the same rank at once.
    else
      for (let i = 1; i < ranks; i++) {
        const to = (rank + i) % ranks;
        const part = op.kind === 'reduce-scatter' ? to : rank;
        if (rowsToSend(op, rank, to, part) === 0) {
          state.arrivals[to]![rank] = at;
          continue;
        }
        state.copiesLeft[rank]!++;
        send(rank, to, readyAt, { op, part, step: 0 });
      }
    state.arrivals[rank]![rank] = at;
    state.toCopy.push([rank, rank]);
  };

  /** A ring: a part goes on from a rank that it has reached, once that rank's own part is there too. */
  const handOn = (
    op: Collective,
    rank: number,
    { part, step, at }: { part: number; step: number; at: number },
  ): void => {
    const { readyAt, toHandOn } = stateOf(op);
    if (readyAt[rank] === undefined) toHandOn[rank]!.push({ part, step, at });
    else send(rank, (rank + 1) % ranks, Math.max(at, readyAt[rank]), { op, part, step: step + 1 });
  };

  /** Takes in a message, and answers the ranks whose rows it brings its receiver. */
  const arrive = (from: number, to: number, { op, part, step }: Content, at: number): number[] => {
    const state = stateOf(op);
    const brought: number[] = [];
    const hold = (origin: number) => {
      state.arrivals[to]![origin] = at;
      state.toCopy.push([origin, to]);
      brought.push(origin);
    };
    if (op.kind === 'all-to-all' || op.algorithm === 'direct') hold(from);
    else {
      const last = step === ranks - 2;
      // A gathered part is copied from where it set out: every rank on its way holds the same bytes.
      if (op.kind === 'all-gather') hold(part);
      else if (last) for (const origin of each) if (origin !== to) hold(origin);
      if (!last) handOn(op, to, { part, step, at });
    }
    return brought;
  };

  return {
    /**
     * A rank's part of a collective could leave at `readyAt`, of which the host heard at `at`: what would have arrived
     * meanwhile arrives then. The first collective of an exchange says its counts (kernels/send_plan.wgsl).
     */
    announce(rank: number, op: Collective, announced: Announcement, counts: Uint32Array | null): void {
      const state = stateOf(op);
      state.readyAt[rank] = announced.readyAt;
      state.heardAt[rank] = announced.at;
      if (op.kind === 'all-to-all' && counts) {
        const exchange = exchangeFor(op);
        exchange.counts[rank] = counts;
        if (!exchange.counts.includes(null)) {
          exchange.layout = layoutOf(exchange.counts as Uint32Array[], host.expertsOf(op.exchange));
          host.onExchange(op, exchange.layout);
        }
      }
      sendOwn(op, rank, announced);
      copyArrived(op);
    },

    /** Takes in what has arrived by `now`. */
    deliver(now: number): void {
      // What a ring hands on may be due as well.
      for (let arrived = wire.advance(now); arrived.length > 0; arrived = wire.advance(now))
        for (const { message, leftAt, arrivedAt: due } of arrived) {
          const { from, to, bytes, content } = message;
          const { op } = content;
          const state = stateOf(op);
          const at = Math.max(due, state.heardAt[from]!);
          state.receivedBytes[to]! += bytes;
          messages.push({ op, from, to, leftAt, arrivedAt: at, bytes, brought: arrive(from, to, content, at) });
          copyArrived(op);
        }
    },

    nextEvent: (): number => wire.nextEvent(),

    /**
     * When all that a collective brings had arrived on the last rank, so that waiting for it ends; undefined until
     * then.
     */
    arrivedEverywhereAt,

    /** A device of its own has taken in, at `at`, what `from` sent to `to`: only then does it hold it. */
    tookIn(op: Collective, from: number, to: number, at: number): void {
      stateOf(op).taken[to]![from] = at;
    },

    /** When a rank could go on that waited for a collective which has arrived everywhere. */
    waitedUntil: (op: Collective, rank: number): number => Math.max(arrivedEverywhereAt(op)!, takenInAt(op, rank)),

    /** Collectives that have ended on a rank, by operation, then by rank. */
    collectives: (): HeldCollective[] =>
      [...states].flatMap(([op, { readyAt, sentBytes, receivedBytes }]) =>
        each.flatMap((rank): HeldCollective[] => {
          const arrived = arrivedAt(op, rank);
          if (arrived === undefined) return [];
          const heldAt = Math.max(arrived, takenInAt(op, rank));
          return [
            {
              op,
              rank,
              readyAt: readyAt[rank]!,
              heldAt,
              sentBytes: sentBytes[rank]!,
              receivedBytes: receivedBytes[rank]!,
            },
          ];
        }),
      ),

    /** Messages that have arrived, in that order. */
    messages: (): HeldMessage[] =>
      messages.map(({ arrivedAt: arrived, brought, ...message }) => ({
        ...message,
        heldAt: Math.max(arrived, ...brought.map((origin) => takenInAt(message.op, message.to, origin))),
      })),
  };
}

/**
 * Parts of known sizes, `parts[r]` rows each: gathered, part s lies behind those before it; scattered, contributions
 * lie by sender.
 */
function spreadRows(op: Spread, parts: readonly number[], sender: number, receiver: number): Rows {
  const before = (rank: number) => parts.slice(0, rank).reduce((a, b) => a + b, 0);
  return op.kind === 'all-gather'
    ? { count: parts[sender]!, from: 0, to: before(sender) }
    : { count: parts[receiver]!, from: before(receiver), to: sender * parts[receiver]! };
}

const newState = (ranks: number) => ({
  /** When each rank's own part could leave. */
  readyAt: new Array<number | undefined>(ranks).fill(undefined),
  /** When the host heard of that. */
  heardAt: new Array<number | undefined>(ranks).fill(undefined),
  /** arrivals[to][from]. */
  arrivals: Array.from({ length: ranks }, () => new Array<number | undefined>(ranks).fill(undefined)),
  /** taken[to][from]: when a device of its own had taken it in. */
  taken: Array.from({ length: ranks }, () => new Array<number>(ranks).fill(0)),
  sentBytes: new Array<number>(ranks).fill(0),
  receivedBytes: new Array<number>(ranks).fill(0),
  /** Messages that have arrived and are still to be copied, [from, to], and how many each sender still waits for. */
  toCopy: [] as [number, number][],
  copiesLeft: new Array<number>(ranks).fill(0),
  /** Parts of a ring that have reached a rank whose own part is not ready yet. */
  toHandOn: Array.from({ length: ranks }, () => [] as { part: number; step: number; at: number }[]),
});
