import type { Storage } from '../gpu/buffers';
import { refusingErrors } from '../gpu/device';
import type { ResolvedPasses } from '../gpu/timestamps';
import { InputError } from '../model/error';
import { flopsOf } from '../program/cost';
import {
  type AllToAll,
  type Collective,
  type Compute,
  type Dim,
  KERNEL_SIZES,
  type Program,
  readsOfOperation,
  resolve,
} from '../program/program';
import type { Order } from '../program/schedule';
import { type ClockBounds, resolutionMsOf } from '../trace/clock';
import type { Span } from '../trace/span';
import type { Cluster } from './cluster';
import type { Feed } from './feed';
import type { Pause } from './pause';
import { calibrate, createRecorder } from './recorder';
import { createTransfers, rowsOfValue } from './transfers';
import type { Link } from './wire';

export type RunOptions = {
  readonly linkBetween: (from: number, to: number) => Link;
  readonly pause: Pause;
  /** For each rank, the buffers of the program's cached values, kept by whoever runs it again and again. */
  readonly caches?: readonly ReadonlyMap<string, Storage>[];
  /** What is known of the GPU's clock; calibrated anew when left out. */
  readonly clock?: ClockBounds;
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
  /** The step of the GPU's timestamps where browsers round them, ms; else 0. */
  readonly resolutionMs: number;
  /** What is known of the GPU's clock after the run. */
  readonly clock: ClockBounds;
  /** For each rank, the program's outputs. */
  readonly outputs: readonly ReadonlyMap<string, Float32Array>[];
};

/** Kernels and copies a submit at most: few after a wait, so that an idle GPU starts at once, more while it is busy. */
const COMMANDS_A_SUBMIT = { first: 4, most: 16 };

/** How often spans are shown while a run goes on, ms. */
const LIVE_MS = 50;
const NO_STAMPS: ResolvedPasses = { first: 0, pieces: [] };

type Event =
  | {
      readonly kind: 'announced';
      readonly op: Collective;
      readonly readyAt: number;
      readonly at: number;
      readonly counts: readonly Uint32Array[] | null;
    }
  | { readonly kind: 'failed'; readonly cause: unknown };

/**
 * Runs the same orders on all ranks of a cluster in the shared backing: ranks take turns order by order, so that they
 * advance together, each as if on a device 1/N as fast; the host only waits when they can't go on. Throws when aborted or when the device is lost;
 * the cluster can then be used again, unless it was lost.
 */
export const runOrders = (
  cluster: Cluster,
  program: Program,
  orders: readonly Order[],
  feeds: readonly Feed[],
  options: RunOptions,
): Promise<RunResult> => refusingErrors(cluster.engine.gpu, () => run(cluster, program, orders, feeds, options));

async function run(
  cluster: Cluster,
  program: Program,
  orders: readonly Order[],
  feeds: readonly Feed[],
  options: RunOptions,
): Promise<RunResult> {
  const { engine, ranks } = cluster;
  const { device } = engine.gpu;
  const { queue } = device;
  const { pause, signal } = options;
  await engine.launcher.prepare(program.operations.flatMap((op) => (op.kind === 'compute' ? [op.kernel] : [])));
  const recorder = createRecorder(options.clock ?? (await calibrate(engine, pause)), ranks.length);
  engine.timestamps?.reset();
  const readers = readersOf(program);
  const events: Event[] = [];
  const post = (event: Event) => {
    events.push(event);
  };

  const states = ranks.map((rank, index) => ({
    rank,
    symbols: new Map(feeds[index]!.symbols),
    values: new Map<string, Storage>(options.caches?.[index]),
    uses: new Map(readers),
  }));
  /** The last kernel that wrote each value, over all ranks: its number with the recorder. */
  const writtenBy = new Map<string, number>();
  /** The last message that all ranks waited for, and when it had arrived. */
  let awaited = { op: null as Collective | null, at: 0 };
  const rankOf = (index: number) => states[index]!;
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
    if (left > 0 || !storage || program.values.get(name)!.cached) return;
    state.values.delete(name);
    state.rank.pool.give(storage);
  };

  let encoder = device.createCommandEncoder();
  let recorded = 0;
  const submit = (): number | null => {
    if (recorded === 0) return null;
    const id = recorder.submitted(performance.now());
    queue.submit([encoder.finish()]);
    if (!engine.timestamps)
      queue.onSubmittedWorkDone().then(
        () => recorder.fenced(id, performance.now()),
        (cause) => post({ kind: 'failed', cause }),
      );
    encoder = device.createCommandEncoder();
    recorded = 0;
    return id;
  };
  let resolvedAt = performance.now();

  const transfers = createTransfers(ranks.length, options.linkBetween, {
    rowBytes: (op) => 4 * program.values.get(op.input)!.cols,
    rowsOf: (value, rank) => rowsOfValue(program.values, rankOf(rank).symbols, value),
    onExchange: (op, { sent, received, pairs }) => {
      states.forEach(({ symbols }, rank) => {
        symbols.set(`sent.${op.layer}`, sent[rank]!);
        symbols.set(`received.${op.layer}`, received[rank]!);
        symbols.set(`pairs.${op.layer}`, pairs[rank]!);
      });
    },
    copy: (op, sender, receiver, rows) => {
      const size = 4 * program.values.get(op.input)!.cols;
      const target = take(receiver, op.output);
      if (rows.count === 0) return;
      const source = rankOf(sender).values.get(op.input)!;
      encoder.copyBufferToBuffer(source.buffer, rows.from * size, target.buffer, rows.to * size, rows.count * size);
      recorded++;
    },
    onSent: (op, sender) => release(sender, op.input),
  });

  const compute = (index: number, order: Extract<Order, { do: 'compute' }>): void => {
    const { op } = order;
    const { rank, symbols, values } = rankOf(index);
    const sizes = sizesOf(op, symbols);
    const buffers: Storage[] = [];
    for (const name of op.inputs) buffers.push(values.get(name)!);
    for (const name of op.weights) buffers.push(rank.weights.get(name)!);
    for (const name of op.outputs) buffers.push(take(index, name));
    if (hasWork(symbols, op)) {
      let launch = rank.launches.get(order);
      if (!launch || !engine.launcher.matches(launch, sizes, buffers)) {
        // The one before was submitted in an earlier run.
        if (launch) engine.launcher.release(launch);
        launch = engine.launcher.bind(op.kernel, sizes, buffers);
        rank.launches.set(order, launch);
      }
      const timestampWrites = engine.timestamps?.next();
      const pass = encoder.beginComputePass(timestampWrites && { timestampWrites });
      engine.launcher.record(pass, launch);
      pass.end();
      const recordedAs = recorder.add({ rank: index, op, flops: flopsOf(op, symbols), awaited });
      for (const name of op.outputs) writtenBy.set(name, recordedAs);
      recorded++;
    }
    for (const name of new Set(op.inputs)) release(index, name);
  };

  /** Asks the GPU to tell when the ranks' parts of a collective are ready, with the counts of a Dispatch. */
  const start = (op: Collective): void => {
    const pieces = states.map(({ values }) =>
      isDispatch(op)
        ? { buffer: values.get(op.counts)!.buffer, offset: 0, bytes: 4 * (op.experts + ranks.length) }
        : { buffer: values.get(op.input)!.buffer, offset: 0, bytes: 4 },
    );
    // When the kernel that wrote it ended says when it could leave, whenever the host hears of that. All other timestamps on
    // the way are for the live view alone: reading them costs the GPU time.
    const pass = writtenBy.get(op.input);
    const own = (pass !== undefined && engine.timestamps?.resolveOne(encoder, pass)) || NO_STAMPS;
    const live = options.onSpans !== undefined && performance.now() - resolvedAt > LIVE_MS;
    const stamps = (live && engine.timestamps?.resolve(encoder)) || NO_STAMPS;
    if (live) resolvedAt = performance.now();
    recorded++;
    const map = engine.readback.record(encoder, [...pieces, ...own.pieces, ...stamps.pieces]);
    const id = submit()!;
    map()
      .then((parts) => {
        const at = performance.now();
        recorder.known(id, at);
        readTimestamps(own.first, parts.slice(pieces.length, pieces.length + own.pieces.length));
        readTimestamps(stamps.first, parts.slice(pieces.length + own.pieces.length));
        const readyAt = Math.min(at, (pass !== undefined && recorder.endedAt(pass)) || at);
        const counts = isDispatch(op) ? parts.slice(0, pieces.length).map((part) => new Uint32Array(part)) : null;
        post({ kind: 'announced', op, readyAt, at, counts });
      })
      .catch((cause) => post({ kind: 'failed', cause }));
    if (isDispatch(op)) for (const index of states.keys()) release(index, op.counts);
  };
  const readTimestamps = (first: number, parts: readonly ArrayBuffer[]): void => {
    let from = first;
    for (const part of parts) {
      const values = new BigUint64Array(part);
      recorder.timestamps(from, values);
      from += values.length / 2;
    }
  };

  const step = (order: Order): void => {
    switch (order.do) {
      case 'compute':
        for (const index of states.keys()) compute(index, order);
        break;
      case 'start':
        start(order.op);
        break;
      case 'wait':
        awaited = { op: order.op, at: transfers.heldByAllAt(order.op)! };
    }
  };

  const spansSoFar = (origin: number): Span[] => [...recorder.spans(origin), ...transfers.spans(origin)];

  try {
    states.forEach((_, index) => {
      for (const name of program.inputs) queue.writeBuffer(take(index, name).buffer, 0, feeds[index]!.inputs.get(name)!);
    });
    await queue.onSubmittedWorkDone();
    const origin = performance.now();
    let shownAt = origin;
    let next = 0;
    let allowed = COMMANDS_A_SUBMIT.first;
    for (;;) {
      signal?.throwIfAborted();
      for (const event of events.splice(0)) {
        if (event.kind === 'failed') throw event.cause;
        for (const rank of states.keys()) transfers.announce(rank, event.op, event, event.counts?.[rank] ?? null);
      }
      transfers.deliver(performance.now());
      // A wait ends for all ranks together: one that went on alone would have the whole GPU, not its 1/N.
      const order = orders[next];
      if (order && (order.do !== 'wait' || transfers.heldByAllAt(order.op) !== undefined)) {
        next++;
        step(order);
        if (recorded >= allowed) {
          submit();
          allowed = Math.min(2 * allowed, COMMANDS_A_SUBMIT.most);
          await pause.turn();
        }
        continue;
      }
      submit();
      if (!order) break;
      if (options.onSpans && performance.now() - shownAt > LIVE_MS) {
        shownAt = performance.now();
        options.onSpans(spansSoFar(origin));
      }
      allowed = COMMANDS_A_SUBMIT.first;
      const due = transfers.nextEvent();
      const called = () => events.length > 0 || signal?.aborted === true;
      if (Number.isFinite(due)) await pause.until(due, called);
      else await pause.when(called);
    }

    const stamps = engine.timestamps?.resolve(encoder) ?? NO_STAMPS;
    const wanted = states.flatMap(({ values, symbols }) =>
      program.outputs.map((name) => {
        const value = program.values.get(name)!;
        return { buffer: values.get(name)!.buffer, offset: 0, bytes: 4 * value.cols * resolve(value.rows, symbols) };
      }),
    );
    recorded++;
    const map = engine.readback.record(encoder, [...wanted, ...stamps.pieces]);
    const last = submit()!;
    const parts = await pause.during(map());
    const ended = performance.now();
    recorder.known(last, ended);
    readTimestamps(stamps.first, parts.slice(wanted.length));
    if (engine.timestamps && recorder.passes.some(({ ran }) => ran === null))
      throw new InputError(`A run of ${recorder.passes.length} kernels is more than can be timed; use fewer devices or layers.`);
    await queue.onSubmittedWorkDone();
    return {
      spans: spansSoFar(origin),
      wallMs: ended - origin,
      clockErrorMs: recorder.clockErrorMs(),
      resolutionMs: resolutionMsOf(recorder.clock()),
      clock: recorder.clock(),
      outputs: states.map(
        (_, index) => new Map(program.outputs.map((name, i) => [name, new Float32Array(parts[index * program.outputs.length + i]!)])),
      ),
    };
  } catch (cause) {
    if (signal?.aborted) await queue.onSubmittedWorkDone();
    throw cause;
  } finally {
    for (const { values, rank } of states)
      for (const [name, storage] of values) if (!program.values.get(name)!.cached) rank.pool.give(storage);
  }
}

const isDispatch = (op: Collective): op is AllToAll => op.kind === 'all-to-all' && op.direction === 'dispatch';

/** An operation's sizes on a rank, in the order of KERNEL_SIZES. */
const sizesOf = (op: Compute, symbols: ReadonlyMap<string, number>): number[] =>
  KERNEL_SIZES[op.kernel].map((name) => resolve((op.sizes as Readonly<Record<string, Dim>>)[name]!, symbols));

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
    for (const name of new Set(readsOfOperation(op))) read(name);
    if (op.kind !== 'compute' && isDispatch(op)) read(op.counts);
  }
  for (const name of program.outputs) read(name);
  return readers;
}
