import type { AllToAll } from '../program/program';
import type { CollectiveSpan, MessageSpan } from '../trace/span';
import { combineRows, dispatchRows, type Exchange, exchangeOf } from './all_to_all';
import { createWire, type Link, type Message } from './wire';

/** What the transfers ask of whoever holds the buffers. */
export type TransferHost = {
  /** Bytes of one row of what a collective moves. */
  readonly rowBytes: (op: AllToAll) => number;
  /** All counts of a Dispatch are known: how many rows each rank sends, receives and computes from now on. */
  readonly onExchange: (op: AllToAll, exchange: Exchange) => void;
  /** A message has arrived: copy `count` rows, from row `from` of the sender's input to row `to` of the receiver's output. */
  readonly copy: (op: AllToAll, sender: number, receiver: number, rows: { count: number; from: number; to: number }) => void;
  /** All that a rank had to send has been copied: its input may be used again. */
  readonly onSent: (op: AllToAll, sender: number) => void;
};

export type Announcement = { readonly readyAt: number; readonly at: number };

type Collective = ReturnType<typeof newCollective>;

/**
 * The collectives of one run: what each rank has announced, which messages are on the wire, what has arrived. No buffers
 * and no GPU here. Times are ms on the host's clock.
 */
export function createTransfers(ranks: number, linkBetween: (from: number, to: number) => Link, host: TransferHost) {
  const wire = createWire<AllToAll>(ranks, linkBetween);
  const collectives = new Map<AllToAll, Collective>();
  /** By the name of the counts' value: what each rank announced, and the layout once all have. */
  const exchanges = new Map<string, { counts: (Uint32Array | null)[]; layout: Exchange | null }>();
  const messages: MessageSpan[] = [];
  const each = Array.from({ length: ranks }, (_, rank) => rank);

  const collectiveOf = (op: AllToAll): Collective => {
    const known = collectives.get(op) ?? newCollective(ranks);
    collectives.set(op, known);
    return known;
  };
  const exchangeFor = (op: AllToAll) => {
    const known = exchanges.get(op.counts) ?? { counts: each.map(() => null), layout: null };
    exchanges.set(op.counts, known);
    return known;
  };
  const rowsBetween = (op: AllToAll, from: number, to: number): number => {
    const { counts } = exchangeFor(op);
    return op.direction === 'dispatch' ? counts[from]![op.experts + to]! : counts[to]![op.experts + from]!;
  };

  /** Makes the copies of messages that have arrived, as soon as the layout of the receiving buffer is known. */
  const copyArrived = (op: AllToAll): void => {
    const collective = collectiveOf(op);
    const { layout } = exchangeFor(op);
    if (!layout) return;
    for (const [from, to] of collective.toCopy.splice(0)) {
      host.copy(op, from, to, op.direction === 'dispatch' ? dispatchRows(layout, from, to) : combineRows(layout, from, to));
      if (--collective.copiesLeft[from]! === 0) host.onSent(op, from);
    }
  };

  /** When a rank held all that a collective brings it; undefined while something is still to come. */
  const heldAt = (op: AllToAll, rank: number): number | undefined => {
    const { readyAt, arrivedAt } = collectiveOf(op);
    if (readyAt.includes(undefined) || arrivedAt[rank]!.includes(undefined)) return undefined;
    return Math.max(...(arrivedAt[rank] as number[]));
  };

  return {
    /**
     * A rank's part of a collective could leave at `readyAt`, of which the host heard at `at`: what would have arrived
     * meanwhile arrives then. A Dispatch says its counts (kernels/send_plan.wgsl).
     */
    announce(rank: number, op: AllToAll, { readyAt, at }: Announcement, counts: Uint32Array | null): void {
      const collective = collectiveOf(op);
      const exchange = exchangeFor(op);
      collective.readyAt[rank] = readyAt;
      collective.heardAt[rank] = at;
      if (counts) {
        exchange.counts[rank] = counts;
        if (!exchange.counts.includes(null)) {
          exchange.layout = exchangeOf(exchange.counts as Uint32Array[], op.experts);
          host.onExchange(op, exchange.layout);
        }
      }
      const leaving: Message<AllToAll>[] = [];
      // Each rank begins with its successor, so that not all send to the same rank at once.
      for (let i = 1; i < ranks; i++) {
        const to = (rank + i) % ranks;
        const bytes = rowsBetween(op, rank, to) * host.rowBytes(op);
        collective.sentBytes[rank]! += bytes;
        if (bytes > 0) leaving.push({ from: rank, to, bytes, content: op });
        else collective.arrivedAt[to]![rank] = at;
      }
      collective.arrivedAt[rank]![rank] = at;
      collective.copiesLeft[rank] = leaving.length + 1;
      collective.toCopy.push([rank, rank]);
      wire.offer(readyAt, leaving);
      copyArrived(op);
    },

    /** Takes in what has arrived by `now`. */
    deliver(now: number): void {
      for (const { message, leftAt, arrivedAt: due } of wire.advance(now)) {
        const { from, to, bytes, content: op } = message;
        const collective = collectiveOf(op);
        const arrivedAt = Math.max(due, collective.heardAt[from]!);
        collective.arrivedAt[to]![from] = arrivedAt;
        collective.receivedBytes[to]! += bytes;
        collective.toCopy.push([from, to]);
        const { name, block, layer } = op;
        messages.push({
          kind: 'message',
          op: op.id,
          rank: from,
          to,
          name,
          block,
          layer,
          start: leftAt,
          end: arrivedAt,
          clock: 'host',
          bytes,
        });
        copyArrived(op);
      }
    },

    nextEvent: (): number => wire.nextEvent(),

    /** When the last rank held all that a collective brings it; undefined while something is still to come. */
    heldByAllAt(op: AllToAll): number | undefined {
      const all = each.map((rank) => heldAt(op, rank));
      return all.includes(undefined) ? undefined : Math.max(...(all as number[]));
    },

    /** Collectives that have ended on a rank, and messages that have arrived, in ms since `origin`. */
    spans(origin: number): (CollectiveSpan | MessageSpan)[] {
      const intervals: CollectiveSpan[] = [];
      for (const [op, { readyAt, sentBytes, receivedBytes }] of collectives)
        for (const rank of each) {
          const held = heldAt(op, rank);
          if (held === undefined) continue;
          const { name, block, layer } = op;
          intervals.push({
            kind: 'collective',
            op: op.id,
            rank,
            name,
            block,
            layer,
            start: readyAt[rank]! - origin,
            end: held - origin,
            clock: 'host',
            sentBytes: sentBytes[rank]!,
            receivedBytes: receivedBytes[rank]!,
          });
        }
      return [...intervals, ...messages.map((m) => ({ ...m, start: m.start - origin, end: m.end - origin }))];
    },
  };
}

const newCollective = (ranks: number) => ({
  /** When each rank's own part could leave. */
  readyAt: new Array<number | undefined>(ranks).fill(undefined),
  /** When the host heard of that. */
  heardAt: new Array<number | undefined>(ranks).fill(undefined),
  /** arrivedAt[to][from]. */
  arrivedAt: Array.from({ length: ranks }, () => new Array<number | undefined>(ranks).fill(undefined)),
  sentBytes: new Array<number>(ranks).fill(0),
  receivedBytes: new Array<number>(ranks).fill(0),
  /** Messages that have arrived and are still to be copied, [from, to], and how many each sender still waits for. */
  toCopy: [] as [number, number][],
  copiesLeft: new Array<number>(ranks).fill(0),
});
