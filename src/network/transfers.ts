import type { AllToAll, Collective, Spread } from '../program/program';
import { combineRows, dispatchRows, type ExchangeLayout, layoutOf } from './all_to_all';
import {
  allArrivedAt,
  allTakenInAt,
  arrivedEverywhereAt,
  type CollectiveState,
  newCollectiveState,
} from './collective_state';
import { createInFlight, type Delivery, type InFlight, type Message } from './in_flight';
import { broughtBy, firstPartOf, isLastStep, isRing, nextInRing, type Ring, type RingPart, spreadRows } from './spread';
import type { LinkBetween } from './topology';

/**
 * Rows that are copied: `count` of them, from row `from` of the sender's input to row `to` of the receiver's output.
 */
export type Rows = { readonly count: number; readonly from: number; readonly to: number };

/** The same of a sender. */
export type SentRows = Rows & { readonly sender: number };

/** What the transfers ask of whoever holds the buffers, and tell it. */
export type TransferHooks = {
  /** Bytes of one row of what a collective moves. */
  readonly rowBytes: (op: Collective) => number;
  /** Rows of an input or output of a collective on a rank; of those whose sizes are known beforehand. */
  readonly rowsOf: (value: string, rank: number) => number;
  /** Experts of an exchange. */
  readonly expertsOf: (exchange: string) => number;
  /** All counts of an exchange are known: how many rows each rank sends, receives and computes from now on. */
  readonly onExchange: (op: AllToAll, layout: ExchangeLayout) => void;
  /** Rows of some senders have arrived at a receiver, or are copied ahead: copy them. */
  readonly copy: (op: Collective, receiver: number, parts: readonly SentRows[]) => void;
  /** All that a rank had to send has arrived, and been copied. */
  readonly onSent: (op: Collective, sender: number) => void;
};

/** From when what a rank sends could leave, and when the host heard of that. */
type Announcement = { readonly readyAt: number; readonly at: number };

/** A collective on a rank: from when its own input could leave to when it held all that it was to receive. */
type HeldCollective = {
  readonly op: Collective;
  readonly rank: number;
  readonly readyAt: number;
  /** When the wire had brought the last message; −Infinity where none was for it. */
  readonly dueAt: number;
  readonly heldAt: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
};
/**
 * A message from when it left to when its receiver held it; the wire had brought it at `dueAt`, and its ports were held
 * for `portMs`.
 */
type HeldMessage = {
  readonly op: Collective;
  readonly from: number;
  readonly to: number;
  readonly leftAt: number;
  readonly dueAt: number;
  readonly portMs: number;
  readonly heldAt: number;
  readonly bytes: number;
};

export type Transfers = {
  /**
   * A rank's input of a collective could leave at `readyAt`, of which the host heard at `at`: what would have arrived
   * meanwhile arrives then. The first collective of an exchange says its counts (kernels/send_plan.wgsl).
   */
  readonly announce: (rank: number, op: Collective, announced: Announcement, counts: Uint32Array | null) => void;
  /**
   * Over no wire, nothing but the order of the GPU has to be kept: announces a collective on all ranks at `now`, before
   * its inputs are written, and makes its copies; false while it is not known how many rows there are. `passed` says
   * later when it was.
   */
  readonly announceAhead: (op: Collective, now: number) => boolean;
  /** Of a collective that was announced ahead: when it could leave, and with that had arrived. */
  readonly passed: (op: Collective, at: number) => void;
  /** Collectives that were announced ahead. */
  readonly announcedAhead: () => Collective[];
  /** Delivers what has arrived by `now`. */
  readonly deliver: (now: number) => void;
  /**
   * Makes all copies of a collective that has not arrived, for commands that are held back until it has; false while
   * it is not known how many rows there are.
   */
  readonly copyAhead: (op: Collective) => boolean;
  /** When `deliver` has something to do next; Infinity when nothing is under way. */
  readonly nextEvent: () => number;
  /**
   * When all that a collective brings had arrived on the last rank, so that waiting for it ends; undefined until then.
   */
  readonly arrivedEverywhereAt: (op: Collective) => number | undefined;
  /** The same as soon as it is settled: from when all of the collective is on the wire. */
  readonly endsAt: (op: Collective) => number | undefined;
  /** When all that a collective brings had arrived on one rank; undefined until then. */
  readonly arrivedAt: (op: Collective, rank: number) => number | undefined;
  /** A device of its own has taken in, at `at`, the sender's rows for the receiver: only then does it hold them. */
  readonly tookIn: (op: Collective, sender: number, receiver: number, at: number) => void;
  /** When a rank could go on that waited for a collective which has arrived everywhere. */
  readonly waitedUntil: (op: Collective, rank: number) => number;
  /** Collectives that have ended on a rank, by operation, then by rank. */
  readonly collectives: () => HeldCollective[];
  /** Messages that have arrived, in that order. */
  readonly messages: () => HeldMessage[];
};

/**
 * The collectives of one run: what each rank has announced, which messages are on the wire, what has arrived, and when
 * it was held. No buffers and no GPU here. Times are ms on the host's clock, or on one that is only counted.
 */
export function createTransfers(ranks: number, linkBetween: LinkBetween, hooks: TransferHooks): Transfers {
  const inFlight = createInFlight<Content>(ranks, ({ from, to, content }) =>
    linkBetween(from, to, { op: content.op.id, step: content.step }),
  );
  const traffic: Traffic = { ranks, hooks, inFlight, states: new Map(), exchanges: new Map(), arrived: [] };
  return {
    announce: (rank, op, announced, counts) => announce(traffic, rank, op, announced, counts),
    announceAhead: (op, now) => announceAhead(traffic, op, now),
    passed(op, at) {
      stateOf(traffic, op).passedAt = at;
    },
    announcedAhead: () => [...traffic.states].flatMap(([op, { ahead }]) => (ahead ? [op] : [])),
    deliver: (now) => deliver(traffic, now),
    copyAhead: (op) => copyAhead(traffic, op),
    nextEvent: () => inFlight.nextEvent(),
    arrivedEverywhereAt: (op) => arrivedEverywhereAt(stateOf(traffic, op)),
    endsAt: (op) => endsAt(traffic, op),
    arrivedAt: (op, rank) => allArrivedAt(stateOf(traffic, op), rank),
    tookIn(op, sender, receiver, at) {
      stateOf(traffic, op).takenInAt[receiver]![sender] = at;
    },
    waitedUntil(op, rank) {
      const state = stateOf(traffic, op);
      return state.passedAt ?? Math.max(arrivedEverywhereAt(state)!, allTakenInAt(state, rank));
    },
    collectives: () => [...traffic.states].flatMap(([op, state]) => heldCollectives(op, state)),
    messages: () =>
      traffic.arrived.flatMap((message) => {
        const state = stateOf(traffic, message.op);
        return isToCome(state) ? [] : [heldMessage(state, message)];
      }),
  };
}

/** All that goes on between the ranks of one run. */
type Traffic = {
  readonly ranks: number;
  readonly hooks: TransferHooks;
  readonly inFlight: InFlight<Content>;
  readonly states: Map<Collective, CollectiveState>;
  readonly exchanges: Map<string, AnnouncedExchange>;
  readonly arrived: ArrivedMessage[];
};

/** What a message carries: part `part` of a collective, in a ring in its `step`-th step from 0; else `step` is 0. */
type Content = { readonly op: Collective; readonly part: number; readonly step: number };

/** What each rank announced of an exchange, and the layout once all have. */
type AnnouncedExchange = { readonly counts: (Uint32Array | null)[]; layout: ExchangeLayout | null };

/** With the senders whose rows it brought its receiver: a ring hands on others'. */
type ArrivedMessage = Omit<HeldMessage, 'heldAt'> & { readonly arrivedAt: number; readonly brought: readonly number[] };

function stateOf({ states, ranks }: Traffic, op: Collective): CollectiveState {
  const known = states.get(op) ?? newCollectiveState(ranks);
  states.set(op, known);
  return known;
}

function exchangeOf({ exchanges, ranks }: Traffic, op: AllToAll): AnnouncedExchange {
  const known = exchanges.get(op.exchange) ?? { counts: new Array<Uint32Array | null>(ranks).fill(null), layout: null };
  exchanges.set(op.exchange, known);
  return known;
}

function announce(
  traffic: Traffic,
  rank: number,
  op: Collective,
  announced: Announcement,
  counts: Uint32Array | null,
): void {
  const state = stateOf(traffic, op);
  state.readyAt[rank] = announced.readyAt;
  state.heardAt[rank] = announced.at;
  if (op.kind === 'all-to-all' && counts) announceCounts(traffic, rank, op, counts);
  if (isRing(op)) sendRound(traffic, rank, op, announced.readyAt);
  else sendStraight(traffic, rank, op, announced);
  // What a rank sends itself needs no message.
  arrive(state, rank, rank, Math.max(announced.at, announced.readyAt));
  // It is copied with what comes from others, as each pass of copies has its price; at once where nothing comes.
  if (arrivedEverywhereAt(state) !== undefined) copyArrived(traffic, op);
}

function announceAhead(traffic: Traffic, op: Collective, now: number): boolean {
  if (!copyAhead(traffic, op)) return false;
  stateOf(traffic, op).ahead = true;
  for (let rank = 0; rank < traffic.ranks; rank++) announce(traffic, rank, op, { readyAt: now, at: now }, null);
  deliver(traffic, now);
  return true;
}

/** The exchange is laid out as soon as all ranks have said their counts. */
function announceCounts(traffic: Traffic, rank: number, op: AllToAll, counts: Uint32Array): void {
  const exchange = exchangeOf(traffic, op);
  exchange.counts[rank] = counts;
  if (exchange.counts.includes(null)) return;
  exchange.layout = layoutOf(exchange.counts as Uint32Array[], traffic.hooks.expertsOf(op.exchange));
  traffic.hooks.onExchange(op, exchange.layout);
}

/** What a rank sends sets out straight to all others; a message of no rows is there at once. */
function sendStraight(traffic: Traffic, rank: number, op: Collective, { readyAt, at }: Announcement): void {
  const { ranks } = traffic;
  const { arrivedAt, copiesLeft } = stateOf(traffic, op);
  copiesLeft[rank] = 1;
  // Each rank begins with its successor, so that not all send to the same rank at once.
  for (let i = 1; i < ranks; i++) {
    const to = (rank + i) % ranks;
    const part = op.kind === 'reduce-scatter' ? to : rank;
    if (rowsToSend(traffic, op, rank, to, part) === 0) {
      arrivedAt[to]![rank] = Math.max(at, readyAt);
      continue;
    }
    copiesLeft[rank]!++;
    send(traffic, rank, to, readyAt, { op, part, step: 0 });
  }
}

/** A ring: a rank's first part sets out to its neighbour, and those go on that have waited for the rank. */
function sendRound(traffic: Traffic, rank: number, op: Ring, readyAt: number): void {
  const { ranks } = traffic;
  const { copiesLeft, toHandOn } = stateOf(traffic, op);
  copiesLeft[rank] = ranks;
  if (ranks > 1)
    send(traffic, rank, nextInRing(rank, ranks), readyAt, { op, part: firstPartOf(op, rank, ranks), step: 0 });
  for (const waiting of toHandOn[rank]!.splice(0)) handOn(traffic, rank, op, waiting);
}

/** A ring: a part goes on from a rank that it has reached, once that rank's own input is ready too. */
function handOn(traffic: Traffic, rank: number, op: Ring, reached: RingPart): void {
  const { readyAt, toHandOn } = stateOf(traffic, op);
  if (readyAt[rank] === undefined) {
    toHandOn[rank]!.push(reached);
    return;
  }
  const { part, step, at } = reached;
  const to = nextInRing(rank, traffic.ranks);
  send(traffic, rank, to, Math.max(at, readyAt[rank]), { op, part, step: step + 1 });
}

function send(traffic: Traffic, from: number, to: number, readyAt: number, content: Content): void {
  const { op, part } = content;
  const bytes = rowsToSend(traffic, op, from, to, part) * traffic.hooks.rowBytes(op);
  stateOf(traffic, op).sentBytes[from]! += bytes;
  traffic.inFlight.offer(readyAt, [{ from, to, bytes, content }]);
}

function deliver(traffic: Traffic, now: number): void {
  const { inFlight } = traffic;
  const reached = new Set<Collective>();
  // What a ring hands on may be due as well.
  for (let due = inFlight.advance(now); due.length > 0; due = inFlight.advance(now))
    for (const delivery of due) {
      receive(traffic, delivery);
      reached.add(delivery.message.content.op);
    }
  for (const op of reached) copyArrived(traffic, op);
}

/** A message arrives; in a ring its part goes on. */
function receive(traffic: Traffic, delivery: Delivery<Content>): void {
  const { message, leftAt, arrivedAt, portMs } = delivery;
  const { from, to, bytes, content } = message;
  const { op, part, step } = content;
  const { ranks } = traffic;
  const state = stateOf(traffic, op);
  const at = arrivalOf(state, delivery);
  state.dueAt[to] = Math.max(state.dueAt[to]!, arrivedAt);
  state.receivedBytes[to]! += bytes;
  const brought = sendersOf(message, ranks);
  for (const sender of brought) arrive(state, sender, to, at);
  if (isRing(op) && !isLastStep(step, ranks)) handOn(traffic, to, op, { part, step, at });
  traffic.arrived.push({ op, from, to, leftAt, dueAt: arrivedAt, portMs, arrivedAt: at, bytes, brought });
}

/** No sooner than the host heard that it could leave. */
const arrivalOf = ({ heardAt }: CollectiveState, { message, arrivedAt }: Delivery<Content>): number =>
  Math.max(arrivedAt, heardAt[message.from]!);

/** Whose rows a message brings. */
const sendersOf = ({ from, to, content: { op, part, step } }: Message<Content>, ranks: number): readonly number[] =>
  isRing(op) ? broughtBy(op, part, step, to, ranks) : [from];

function endsAt(traffic: Traffic, op: Collective): number | undefined {
  const state = stateOf(traffic, op);
  const arrivedAt = state.arrivedAt.map((own) => [...own]);
  for (const delivery of traffic.inFlight.crossing()) {
    const { message } = delivery;
    if (message.content.op !== op) continue;
    for (const sender of sendersOf(message, traffic.ranks)) arrivedAt[message.to]![sender] = arrivalOf(state, delivery);
  }
  return arrivedEverywhereAt({ ...state, arrivedAt });
}

/** A sender's rows are there, to be copied. */
function arrive({ arrivedAt, toCopy }: CollectiveState, sender: number, receiver: number, at: number): void {
  arrivedAt[receiver]![sender] = at;
  toCopy.push([sender, receiver]);
}

/** Makes the copies of rows that have arrived, as soon as the layout of the receiving buffer is known. */
function copyArrived(traffic: Traffic, op: Collective): void {
  const { toCopy, copiesLeft } = stateOf(traffic, op);
  const arrived = toCopy.splice(0);
  // The layout is known of all senders, or of none.
  if (arrived.some(([sender, receiver]) => !rowsBetween(traffic, op, sender, receiver))) {
    toCopy.push(...arrived);
    return;
  }
  for (let receiver = 0; receiver < traffic.ranks; receiver++) {
    const senders = arrived.flatMap(([sender, to]) => (to === receiver ? [sender] : []));
    copyOnce(traffic, op, receiver, senders);
  }
  for (const [sender] of arrived) if (--copiesLeft[sender]! === 0) traffic.hooks.onSent(op, sender);
}

function copyAhead(traffic: Traffic, op: Collective): boolean {
  const { ranks } = traffic;
  const all = Array.from({ length: ranks }, (_, rank) => rank);
  for (const receiver of all) {
    const rows = all.map((sender) => rowsBetween(traffic, op, sender, receiver));
    if (rows.includes(null)) return false;
    // No rows sent straight are no message; what a rank sends itself is there all the same.
    const senders = all.filter((sender) => rows[sender]!.count > 0 || sender === receiver || isRing(op));
    copyOnce(traffic, op, receiver, senders);
  }
  return true;
}

/** Copies what senders have for a receiver, but for what was copied before. */
function copyOnce(traffic: Traffic, op: Collective, receiver: number, senders: readonly number[]): void {
  const isCopied = stateOf(traffic, op).isCopied[receiver]!;
  const parts = senders
    .filter((sender) => !isCopied[sender])
    .map((sender): SentRows => ({ sender, ...rowsBetween(traffic, op, sender, receiver)! }));
  for (const { sender } of parts) isCopied[sender] = true;
  if (parts.length > 0) traffic.hooks.copy(op, receiver, parts);
}

/** Rows of a message. */
function rowsToSend(traffic: Traffic, op: Collective, from: number, to: number, part: number): number {
  if (op.kind !== 'all-to-all') return rowsOfPart(traffic, op, part);
  const { counts } = exchangeOf(traffic, op);
  const experts = traffic.hooks.expertsOf(op.exchange);
  return op.direction === 'dispatch' ? counts[from]![experts + to]! : counts[to]![experts + from]!;
}

const rowsOfPart = ({ hooks, ranks }: Traffic, op: Spread, part: number): number =>
  op.kind === 'all-gather' ? hooks.rowsOf(op.input, part) : hooks.rowsOf(op.output, part) / ranks;

/** Which of a sender's rows are for a receiver; null while that is not known. */
function rowsBetween(traffic: Traffic, op: Collective, sender: number, receiver: number): Rows | null {
  if (op.kind !== 'all-to-all') {
    const partRows = Array.from({ length: traffic.ranks }, (_, part) => rowsOfPart(traffic, op, part));
    return spreadRows(op, partRows, sender, receiver);
  }
  const { layout } = exchangeOf(traffic, op);
  if (!layout) return null;
  return op.direction === 'dispatch' ? dispatchRows(layout, sender, receiver) : combineRows(layout, sender, receiver);
}

/** A collective on the ranks where it has ended. */
const heldCollectives = (op: Collective, state: CollectiveState): HeldCollective[] =>
  state.readyAt.flatMap((readyAt, rank): HeldCollective[] => {
    const arrivedAt = allArrivedAt(state, rank);
    if (readyAt === undefined || arrivedAt === undefined || isToCome(state)) return [];
    const { passedAt } = state;
    return [
      {
        op,
        rank,
        readyAt: passedAt ?? readyAt,
        dueAt: passedAt ?? state.dueAt[rank]!,
        heldAt: passedAt ?? Math.max(arrivedAt, allTakenInAt(state, rank)),
        sentBytes: state.sentBytes[rank]!,
        receivedBytes: state.receivedBytes[rank]!,
      },
    ];
  });

/** A message is held once its receiver's device has taken in all rows that it brought. */
const heldMessage = (
  { takenInAt, passedAt }: CollectiveState,
  { arrivedAt, brought, ...message }: ArrivedMessage,
): HeldMessage =>
  passedAt === undefined
    ? { ...message, heldAt: Math.max(arrivedAt, ...brought.map((sender) => takenInAt[message.to]![sender]!)) }
    : { ...message, leftAt: passedAt, dueAt: passedAt, heldAt: passedAt };

/** Announced ahead, and not known to have been. */
const isToCome = ({ ahead, passedAt }: CollectiveState): boolean => ahead && passedAt === undefined;
