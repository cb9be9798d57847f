import { lengthOf, merge } from './intervals';
import { intervalsOf, type MessageSpan, type Span } from './span';

/** What operations of a run took, by id, ms. */
export type OperationTimes = {
  /** Kernels: all ranks' turns together, or, on devices of their own, the mean over ranks. */
  readonly rounds: ReadonlyMap<number, number>;
  /** By rank: what of its round each computed. */
  readonly computed: readonly ReadonlyMap<number, number>[];
  /**
   * By rank: what each kernel would take on a device of its own, N times as slow as the GPU; none without timestamps.
   */
  readonly alone: readonly ReadonlyMap<number, number>[];
  /** Collectives, by the wire's formula; none where there is no formula. */
  readonly wire: ReadonlyMap<number, PortTimes>;
  /** How long the busiest port was held by each collective, until its messages were there. */
  readonly delivered: ReadonlyMap<number, number>;
};

/** By rank: how long a collective holds its ports; and the shortest time to when the rank holds what it brings. */
export type PortTimes = {
  readonly out: readonly number[];
  readonly in: readonly number[];
  readonly length: readonly number[];
  /** From when a port is done to when the message is there, the shortest. */
  readonly latency: number;
};

export function operationTimesOf(spans: readonly Span[], ranks: number): OperationTimes {
  const computed = Array.from({ length: ranks }, () => new Map<number, number>());
  const alone = Array.from({ length: ranks }, () => new Map<number, number>());
  const messages = new Map<number, MessageSpan[]>();
  const turns = new Map<number, Span[]>();
  const add = (sums: Map<number, number>, op: number, ms: number) => sums.set(op, (sums.get(op) ?? 0) + ms);
  for (const span of spans) {
    if (span.kind === 'message') messages.set(span.op, [...(messages.get(span.op) ?? []), span]);
    if (span.kind !== 'compute') continue;
    turns.set(span.op, [...(turns.get(span.op) ?? []), span]);
    add(computed[span.rank]!, span.op, lengthOf(span.pieces));
    if (span.gpuMs !== null) add(alone[span.rank]!, span.op, span.sharing * span.gpuMs);
  }
  const ofRound = (own: readonly Span[]): number =>
    own.some((span) => span.kind === 'compute' && span.sharing > 1)
      ? lengthOf(merge(own.flatMap(intervalsOf)))
      : own.reduce((sum, span) => sum + lengthOf(intervalsOf(span)) / ranks, 0);
  const paced = [...messages].filter(([, own]) => own.every(({ portMs }) => portMs !== null));
  return {
    rounds: new Map([...turns].map(([op, own]) => [op, ofRound(own)])),
    computed,
    alone,
    wire: new Map(paced.map(([op, own]) => [op, portTimesOf(own, ranks)])),
    delivered: new Map([...messages].map(([op, own]) => [op, deliveredIn(own, ranks)])),
  };
}

function portTimesOf(messages: readonly MessageSpan[], ranks: number): PortTimes {
  const zeros = () => new Array<number>(ranks).fill(0);
  const [out, into] = [zeros(), zeros()];
  const latencyTo = new Array<number>(ranks).fill(Number.POSITIVE_INFINITY);
  for (const { rank, to, portMs, start, due } of messages) {
    out[rank]! += portMs!;
    into[to]! += portMs!;
    latencyTo[to] = Math.min(latencyTo[to]!, Math.max(0, due - start - portMs!));
  }
  const around = aroundRing(messages, ranks);
  return {
    out,
    in: into,
    length: into.map((time, rank) =>
      Math.max(around?.[rank] ?? 0, time + (Number.isFinite(latencyTo[rank]) ? latencyTo[rank]! : 0)),
    ),
    latency: Math.min(...latencyTo.filter(Number.isFinite)),
  };
}

/**
 * Of a ring, for each rank what the part takes that comes to it last, from hop to hop; null for what is sent straight.
 */
function aroundRing(messages: readonly MessageSpan[], ranks: number): number[] | null {
  if (ranks < 3 || messages.length !== ranks * (ranks - 1)) return null;
  if (messages.some(({ rank, to }) => to !== (rank + 1) % ranks)) return null;
  const sentBy = Array.from({ length: ranks }, (_, rank) =>
    messages.filter((message) => message.rank === rank).toSorted((a, b) => a.start - b.start),
  );
  return sentBy.map((_, rank) =>
    Array.from({ length: ranks - 1 }, (__, step) => {
      const { start, due } = sentBy[(rank + 1 + step) % ranks]![step]!;
      return due - start;
    }).reduce((sum, hop) => sum + hop, 0),
  );
}

/** ms that the busiest port was held, messages of one direction one after the other, until they were there. */
function deliveredIn(messages: readonly MessageSpan[], ranks: number): number {
  const busy = (port: (message: MessageSpan) => number) =>
    Array.from({ length: ranks }, (_, rank) =>
      lengthOf(merge(messages.filter((message) => port(message) === rank).flatMap(intervalsOf))),
    );
  return Math.max(...busy(({ rank }) => rank), ...busy(({ to }) => to));
}
