import type { BytesBetween } from '../../src/network/network';
import { type LinkBetween, linksOf, type Topology } from '../../src/network/topology';
import { dependenciesOf } from '../../src/program/dependencies';
import {
  type Collective,
  inputsOf,
  isCollective,
  type Operation,
  outputsOf,
  type Program,
  type Value,
} from '../../src/program/program';
import type { Order } from '../../src/schedule/orders';
import type { MessageSpan } from '../../src/trace/span';

/** Programs, links and orders drawn by `random`, uniform in [0, 1). */
export type Random = () => number;
const below = (random: Random, count: number): number => Math.floor(random() * count);
const oneOf = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

/**
 * Some kernels and collectives, each of up to three values that were written before, or of a kept one, updated at
 * times.
 */
export function randomProgram(random: Random): Program {
  const values = new Map<string, Value>();
  const shape = { rows: 1, cols: 1, type: 'f32' } as const;
  const kept = Array.from({ length: 1 + below(random, 2) }, (_, i) => `kept ${i}`);
  for (const name of kept) values.set(name, { name, ...shape, lives: 'kept', split: 'replicated', origin: 'zeros' });
  values.set('input', { name: 'input', ...shape, lives: 'run' });
  const written = ['input'];
  const operations = Array.from({ length: 4 + below(random, 22) }, (_, id): Operation => {
    const name = `value ${id}`;
    values.set(name, { name, ...shape, lives: 'run' });
    const common = { id, name: `op ${id}`, block: 'routed', phase: 'forward', layer: 0 } as const;
    const reads = () => (random() < 0.2 ? oneOf(random, kept) : oneOf(random, written.slice(-8)));
    const own: Operation =
      random() < 0.3
        ? {
            ...common,
            kind: oneOf(random, ['all-gather', 'reduce-scatter']),
            algorithm: oneOf(random, ['direct', 'ring']),
            input: reads(),
            output: name,
          }
        : ({
            ...common,
            kind: 'compute',
            kernel: 'add',
            sizes: { rows: 1, width: 1 },
            inputs: [...new Set(Array.from({ length: 1 + below(random, 3) }, reads))],
            outputs: random() < 0.15 ? [name, oneOf(random, kept)] : [name],
          } as Operation);
    written.push(name);
    return own;
  });
  return { values, operations, exchanges: new Map(), inputs: ['input'], outputs: [written.at(-1)!] };
}

export type Traffic = {
  readonly ranks: number;
  readonly links: LinkBetween;
  readonly bytes: BytesBetween;
  /** Every message by the formula; of a ring in the order of its steps. */
  readonly messages: readonly MessageSpan[];
};

export function randomTraffic(random: Random, { operations }: Program): Traffic {
  const ranks = 1 + below(random, 4);
  const link = () => ({ latencyMs: random() < 0.3 ? 0 : 3 * random(), bytesPerMs: 0.5 + 2 * random() });
  const topology: Topology = {
    nodes: ranks % 2 === 0 ? oneOf(random, [1, 2]) : 1,
    within: link(),
    between: link(),
    jitter: random() < 0.5 ? 0 : random(),
    slow: random() < 0.2 ? { rank: below(random, ranks), times: 1 + 3 * random() } : null,
  };
  const links = linksOf(topology, ranks, below(random, 1e6));
  const parts = new Map(
    operations.filter(isCollective).map((op) => {
      const even = 6 * random();
      return [
        op.id,
        Array.from({ length: ranks }, () =>
          op.kind !== 'all-to-all' && op.algorithm === 'ring' ? even : 6 * random(),
        ),
      ];
    }),
  );
  const bytes: BytesBetween = (op, from, to) => parts.get(op.id)![partOf(op, from, to)]!;
  return { ranks, links, bytes, messages: operations.filter(isCollective).flatMap((op) => messagesOf(op)) };

  function messagesOf(op: Collective): MessageSpan[] {
    const pairs = Array.from({ length: ranks }, (_, from) => from).flatMap((from) =>
      Array.from({ length: ranks - 1 }, (_, i) => ({ from, step: i })),
    );
    const isRing = op.kind !== 'all-to-all' && op.algorithm === 'ring';
    return pairs.map(({ from, step }): MessageSpan => {
      const to = (from + (isRing ? 1 : 1 + step)) % ranks;
      const { latencyMs, bytesPerMs } = links(from, to, { op: op.id, step: isRing ? step : 0 });
      const portMs = bytes(op, from, to) / bytesPerMs;
      return {
        kind: 'message',
        op: op.id,
        rank: from,
        to,
        name: op.name,
        block: op.block,
        phase: op.phase,
        layer: op.layer,
        // Only lengths count, and the order of a ring's steps.
        start: step,
        end: step + portMs + latencyMs,
        due: step + portMs + latencyMs,
        source: 'emulated',
        bytes: bytes(op, from, to),
        portMs,
      };
    });
  }
}

/** The part of a spread that goes from a rank to another: gathered, the sender's; scattered, the receiver's. */
const partOf = (op: Collective, from: number, to: number): number => (op.kind === 'all-gather' ? from : to);

/** Orders that respect all dependencies, in a random way. */
export function randomOrders(random: Random, program: Program): Order[] {
  const needs = dependenciesOf(program);
  const done = new Set<number>();
  const begun = new Set<number>();
  const flying: Collective[] = [];
  const orders: Order[] = [];
  while (done.size < program.operations.length) {
    const ready = program.operations.filter(({ id }) => !begun.has(id) && needs[id]!.every((need) => done.has(need)));
    const waits = flying.length > 0 && (ready.length === 0 || random() < 0.25);
    if (waits) {
      const [op] = flying.splice(below(random, flying.length), 1);
      orders.push({ do: 'wait', op: op! });
      done.add(op!.id);
      continue;
    }
    const op = oneOf(random, ready);
    begun.add(op.id);
    if (isCollective(op)) {
      flying.push(op);
      orders.push({ do: 'start', op });
    } else {
      orders.push({ do: 'compute', op });
      done.add(op.id);
    }
  }
  return orders;
}

/**
 * What each operation reads, as the number of updates that a value has seen and what made it: the same whatever the
 * order. Throws when a collective's input changes while it is under way.
 */
export function readsOf(orders: readonly Order[], { operations }: Program): string[] {
  const versions = new Map<string, string>();
  const version = (name: string) => versions.get(name) ?? 'as it was';
  const reads: string[] = operations.map(() => 'nothing');
  for (const { do: what, op } of orders) {
    const seen = inputsOf(op)
      .map((name) => `${name}: ${version(name)}`)
      .join();
    if (what === 'wait' && reads[op.id] !== seen) throw new Error(`${op.name} was changed under way`);
    reads[op.id] = what === 'compute' ? [seen, ...outputsOf(op).map(version)].join() : seen;
    if (what !== 'start') for (const name of outputsOf(op)) versions.set(name, `${version(name)} ${op.id}`);
  }
  return reads;
}
