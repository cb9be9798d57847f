import type { Storage } from '../gpu/buffers';
import { flopsOf } from '../program/cost';
import { type AllToAll, type Compute, type Program, resolve } from '../program/program';
import type { Order } from '../program/schedule';
import type { CollectiveSpan, MessageSpan, Span } from '../trace/span';
import { combineRows, dispatchRows, type Exchange, exchangeOf } from './all_to_all';
import type { Cluster } from './cluster';
import type { Feed } from './feed';
import type { Pause } from './pause';
import { calibrate, createRecorder } from './recorder';
import { createWire, type Link, type Message } from './wire';

export type RunOptions = {
  readonly linkBetween: (from: number, to: number) => Link;
  readonly pause: Pause;
  /** Called with all spans known so far, now and then while the run goes on. */
  readonly onSpans?: (spans: readonly Span[]) => void;
  readonly signal?: AbortSignal;
};

export type RunResult = {
  readonly spans: readonly Span[];
  /** From the first order to the last output on the host, ms. */
  readonly wallMs: number;
  /** How far off the GPU's clock can be from the host's, ms. */
  readonly clockErrorMs: number;
  /** For each rank, the program's outputs. */
  readonly outputs: readonly ReadonlyMap<string, Float32Array>[];
};

/** Kernels and copies a submit at most, so that the GPU starts while the rest is recorded. */
const COMMANDS_A_SUBMIT = 16;

type Transfer = { readonly op: AllToAll };
type Event =
  | { readonly kind: 'announced'; readonly rank: number; readonly op: AllToAll; readonly at: number; readonly counts: Uint32Array | null }
  | { readonly kind: 'failed'; readonly cause: unknown };

/**
 * Runs the same orders on all ranks of a cluster in the shared backing: ranks take turns order by order, the one that
 * is furthest behind first; the host only waits when no rank can go on. Throws when aborted or when the device is lost;
 * the cluster can then be used again, unless it was lost.
 */
export async function runOrders(
  cluster: Cluster, program: Program, orders: readonly Order[], feeds: readonly Feed[], options: RunOptions,
): Promise<RunResult> {
  const { engine, ranks } = cluster;
  const { device } = engine.gpu;
  const { queue } = device;
  const { pause, signal } = options;
  await engine.launcher.prepare(program.operations.flatMap((op) => (op.kind === 'compute' ? [op.kernel] : [])));
  const recorder = createRecorder(await calibrate(engine));
  const wire = createWire<Transfer>(ranks.length, options.linkBetween);
  const readers = readersOf(program);
  const events: Event[] = [];
  let wake: (() => void) | null = null;
  const post = (event: Event) => {
    events.push(event);
    wake?.();
  };

  const states = ranks.map((rank, index) => ({
    rank,
    next: 0,
    symbols: new Map(feeds[index]!.symbols),
    values: new Map<string, Storage>(),
    uses: new Map(readers),
    availableAt: 0,
  }));
  const rankOf = (index: number) => states[index]!;
  const collectives = new Map<AllToAll, ReturnType<typeof createCollective>>();
  const collectiveOf = (op: AllToAll) => {
    let state = collectives.get(op);
    if (!state) {
      state = createCollective(ranks.length);
      collectives.set(op, state);
    }
    return state;
  };
  /** By the name of the counts' value: what each rank announced, and the layout once all have. */
  const exchanges = new Map<string, { counts: (Uint32Array | null)[]; layout: Exchange | null }>();
  const exchangeFor = (op: AllToAll) => {
    let exchange = exchanges.get(op.counts);
    if (!exchange) {
      exchange = { counts: ranks.map(() => null), layout: null };
      exchanges.set(op.counts, exchange);
    }
    return exchange;
  };
  const messages: MessageSpan[] = [];

  const take = (index: number, name: string): Storage => {
    const state = rankOf(index);
    const known = state.values.get(name);
    if (known) return known;
    const value = program.values.get(name)!;
    const storage = state.rank.pool.take(4 * value.cols * resolve(value.rows, state.symbols));
    state.values.set(name, storage);
    return storage;
  };
  const release = (index: number, name: string): void => {
    const state = rankOf(index);
    const left = state.uses.get(name)! - 1;
    state.uses.set(name, left);
    const storage = state.values.get(name);
    if (left > 0 || !storage) return;
    state.values.delete(name);
    state.rank.pool.give(storage);
  };

  let encoder = device.createCommandEncoder();
  let recorded = 0;
  const submit = (): void => {
    if (recorded === 0) return;
    const id = recorder.submitted(performance.now());
    queue.submit([encoder.finish()]);
    if (!engine.timestamps) queue.onSubmittedWorkDone().then(() => recorder.fenced(id, performance.now()), (cause) => post({ kind: 'failed', cause }));
    encoder = device.createCommandEncoder();
    recorded = 0;
  };

  const compute = (index: number, op: Compute): void => {
    const state = rankOf(index);
    const sizes = Object.fromEntries(Object.entries(op.sizes).map(([name, dim]) => [name, resolve(dim, state.symbols)]));
    const buffers = [
      ...op.inputs.map((name) => state.values.get(name)!),
      ...op.weights.map((name) => state.rank.weights.get(name)!),
      ...op.outputs.map((name) => take(index, name)),
    ];
    if (hasWork(state.symbols, op)) {
      const timestampWrites = engine.timestamps?.next();
      const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
      engine.launcher.launch(pass, { kernel: op.kernel, sizes }, buffers);
      pass.end();
      recorder.add({ rank: index, op, flops: flopsOf(op, state.symbols), availableAt: state.availableAt });
      recorded++;
    }
    for (const name of new Set(op.inputs)) release(index, name);
  };

  /** Asks the GPU to tell when this rank's part of a collective is ready, with its counts and the timestamps so far. */
  const start = (index: number, op: AllToAll): void => {
    const state = rankOf(index);
    const counts = op.direction === 'dispatch' ? state.values.get(op.counts)! : null;
    const stamps = engine.timestamps?.resolve(encoder) ?? { first: 0, pieces: [] };
    recorded++;
    const map = engine.readback.record(encoder, [
      { buffer: (counts ?? state.values.get(op.input)!).buffer, offset: 0, bytes: counts ? 4 * (op.experts + ranks.length) : 4 },
      ...stamps.pieces,
    ]);
    submit();
    map().then(
      ([head, ...times]) => {
        const at = performance.now();
        readTimestamps(stamps.first, times, at);
        post({ kind: 'announced', rank: index, op, at, counts: counts ? new Uint32Array(head!) : null });
      },
      (cause) => post({ kind: 'failed', cause }),
    );
    if (counts) release(index, op.counts);
  };
  const readTimestamps = (first: number, parts: readonly ArrayBuffer[], at: number): void => {
    let from = first;
    for (const part of parts) {
      const values = new BigUint64Array(part);
      recorder.timestamps(from, values, at);
      from += values.length / 2;
    }
  };

  const rowsBetween = (op: AllToAll, from: number, to: number): number => {
    const { counts } = exchangeFor(op);
    return op.direction === 'dispatch' ? counts[from]![op.experts + to]! : counts[to]![op.experts + from]!;
  };
  const bytesOfRow = (op: AllToAll) => 4 * program.values.get(op.input)!.cols;

  const announced = ({ rank, op, at, counts }: Extract<Event, { kind: 'announced' }>): void => {
    const collective = collectiveOf(op);
    const exchange = exchangeFor(op);
    collective.readyAt[rank] = at;
    if (counts) {
      exchange.counts[rank] = counts;
      if (exchange.counts.every((c) => c !== null)) {
        const layout = exchangeOf(exchange.counts as Uint32Array[], op.experts);
        exchange.layout = layout;
        states.forEach(({ symbols }, r) => {
          symbols.set(`sent.${op.layer}`, layout.sent[r]!);
          symbols.set(`received.${op.layer}`, layout.received[r]!);
          symbols.set(`pairs.${op.layer}`, layout.pairs[r]!);
        });
      }
    }
    const others = Array.from({ length: ranks.length - 1 }, (_, i) => (rank + 1 + i) % ranks.length);
    const leaving: Message<Transfer>[] = [];
    for (const to of others) {
      const bytes = rowsBetween(op, rank, to) * bytesOfRow(op);
      collective.sentBytes[rank]! += bytes;
      if (bytes > 0) leaving.push({ from: rank, to, bytes, content: { op } });
      else collective.arrivedAt[to]![rank] = at;
    }
    collective.arrivedAt[rank]![rank] = at;
    collective.copiesLeft[rank] = leaving.length + 1;
    collective.toCopy.push([rank, rank]);
    wire.offer(at, leaving);
    copyArrived(op);
  };

  /** Makes the copies of messages that have arrived, as soon as the layout of the receiving buffer is known. */
  const copyArrived = (op: AllToAll): void => {
    const collective = collectiveOf(op);
    const { layout } = exchangeFor(op);
    if (!layout) return;
    for (const [from, to] of collective.toCopy.splice(0)) {
      const rows = op.direction === 'dispatch' ? dispatchRows(layout, from, to) : combineRows(layout, from, to);
      const size = bytesOfRow(op);
      const target = take(to, op.output);
      if (rows.count > 0) {
        encoder.copyBufferToBuffer(rankOf(from).values.get(op.input)!.buffer, rows.from * size, target.buffer, rows.to * size, rows.count * size);
        recorded++;
      }
      if (--collective.copiesLeft[from]! === 0) release(from, op.input);
    }
  };

  const deliver = (now: number): void => {
    for (const { message: { from, to, bytes, content: { op } }, leftAt, arrivedAt } of wire.advance(now)) {
      const collective = collectiveOf(op);
      collective.arrivedAt[to]![from] = arrivedAt;
      collective.receivedBytes[to]! += bytes;
      collective.toCopy.push([from, to]);
      messages.push({ kind: 'message', op: op.id, rank: from, to, name: op.name, block: op.block, layer: op.layer, start: leftAt, end: arrivedAt, clock: 'host', bytes });
      copyArrived(op);
    }
  };

  /** When a rank held all that a collective brings it; undefined while something is still to come. */
  const heldAt = (op: AllToAll, rank: number): number | undefined => {
    const { readyAt, arrivedAt } = collectiveOf(op);
    if (readyAt.some((at) => at === undefined)) return undefined;
    const all = ranks.map((_, from) => arrivedAt[rank]![from]);
    return all.includes(undefined) ? undefined : Math.max(...(all as number[]));
  };

  const canStep = ({ next }: { next: number }, index: number): boolean => {
    const order = orders[next];
    return order !== undefined && (order.do !== 'wait' || heldAt(order.op, index) !== undefined);
  };
  const step = (index: number): void => {
    const state = rankOf(index);
    const order = orders[state.next++]!;
    switch (order.do) {
      case 'compute':
        return compute(index, order.op);
      case 'start':
        return start(index, order.op);
      case 'wait':
        state.availableAt = heldAt(order.op, index)!;
    }
  };

  const spansSoFar = (origin: number): Span[] => {
    const shifted = messages.map((m) => ({ ...m, start: m.start - origin, end: m.end - origin }));
    const intervals: CollectiveSpan[] = [];
    for (const [op, { readyAt, sentBytes, receivedBytes }] of collectives)
      ranks.forEach((_, rank) => {
        const held = heldAt(op, rank);
        if (held === undefined) return;
        intervals.push({
          kind: 'collective', op: op.id, rank, name: op.name, block: op.block, layer: op.layer, clock: 'host',
          start: readyAt[rank]! - origin, end: held - origin, sentBytes: sentBytes[rank]!, receivedBytes: receivedBytes[rank]!,
        });
      });
    return [...recorder.spans(origin), ...intervals, ...shifted];
  };

  try {
    states.forEach((_, index) => {
      for (const name of program.inputs) queue.writeBuffer(take(index, name).buffer, 0, feeds[index]!.inputs.get(name)!);
    });
    await queue.onSubmittedWorkDone();
    const origin = performance.now();
    let shownAt = origin;
    for (;;) {
      signal?.throwIfAborted();
      for (const event of events.splice(0)) {
        if (event.kind === 'failed') throw event.cause;
        announced(event);
      }
      deliver(performance.now());
      let behind = -1;
      states.forEach((state, index) => {
        if (canStep(state, index) && (behind < 0 || state.next < rankOf(behind).next)) behind = index;
      });
      if (behind >= 0) {
        step(behind);
        if (recorded >= COMMANDS_A_SUBMIT) {
          submit();
          await pause.turn();
        }
        continue;
      }
      submit();
      if (states.every(({ next }) => next === orders.length)) break;
      if (options.onSpans && performance.now() - shownAt > 50) {
        shownAt = performance.now();
        options.onSpans(spansSoFar(origin));
      }
      const due = wire.nextEvent();
      if (Number.isFinite(due)) await pause.until(due, () => events.length > 0 || signal?.aborted === true);
      else if (events.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
        wake = null;
      }
    }

    const stamps = engine.timestamps?.resolve(encoder) ?? { first: 0, pieces: [] };
    const wanted = states.flatMap(({ values, symbols }) =>
      program.outputs.map((name) => {
        const value = program.values.get(name)!;
        return { buffer: values.get(name)!.buffer, offset: 0, bytes: 4 * value.cols * resolve(value.rows, symbols) };
      }),
    );
    recorded++;
    const map = engine.readback.record(encoder, [...wanted, ...stamps.pieces]);
    submit();
    const parts = await map();
    const ended = performance.now();
    readTimestamps(stamps.first, parts.slice(wanted.length), ended);
    await queue.onSubmittedWorkDone();
    return {
      spans: spansSoFar(origin),
      wallMs: ended - origin,
      clockErrorMs: recorder.clockErrorMs(),
      outputs: states.map((_, index) => new Map(program.outputs.map((name, i) =>
        [name, new Float32Array(parts[index * program.outputs.length + i]!)]))),
    };
  } catch (cause) {
    if (signal?.aborted) await queue.onSubmittedWorkDone();
    throw cause;
  } finally {
    for (const { values, rank } of states) for (const storage of values.values()) rank.pool.give(storage);
  }
}

/** Whether an operation has anything to do on a rank; one without rows writes values without rows. */
const hasWork = (symbols: ReadonlyMap<string, number>, op: Compute): boolean => {
  switch (op.kernel) {
    case 'send_plan': // writes counts of zero for a rank without tokens
    case 'expert_plan':
      return true;
    case 'grouped_gemm':
      return resolve(op.sizes.pairs, symbols) > 0;
    default:
      return resolve(op.sizes.rows, symbols) > 0;
  }
};

/** How many operations read each value; the host counts as one reader of an output. */
function readersOf(program: Program): Map<string, number> {
  const readers = new Map<string, number>([...program.values.keys()].map((name) => [name, 0]));
  const read = (name: string) => readers.set(name, readers.get(name)! + 1);
  for (const op of program.operations) {
    const names = op.kind === 'compute' ? op.inputs : op.direction === 'dispatch' ? [op.input, op.counts] : [op.input];
    for (const name of new Set(names)) read(name);
  }
  for (const name of program.outputs) read(name);
  return readers;
}

const createCollective = (ranks: number) => ({
  /** When each rank's own part could leave, host ms. */
  readyAt: new Array<number | undefined>(ranks).fill(undefined),
  /** arrivedAt[to][from], host ms. */
  arrivedAt: Array.from({ length: ranks }, () => new Array<number | undefined>(ranks).fill(undefined)),
  sentBytes: new Array<number>(ranks).fill(0),
  receivedBytes: new Array<number>(ranks).fill(0),
  /** Messages that have arrived and are still to be copied, [from, to], and how many a sender's buffer is kept for. */
  toCopy: [] as [number, number][],
  copiesLeft: new Array<number>(ranks).fill(0),
});
