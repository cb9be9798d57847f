import type { Storage } from '../gpu/buffers';
import { refusingErrors } from '../gpu/device';
import type { Engine } from '../gpu/engine';
import { InputError } from '../model/error';
import { phrase } from '../model/phrase';
import { flopsOf } from '../program/cost';
import { type Collective, type Compute, type Dim, KERNEL_SIZES, type Program, resolve } from '../program/program';
import type { Order } from '../program/schedule';
import { type ClockBounds, resolutionMsOf } from '../trace/clock';
import type { Span } from '../trace/span';
import type { Cluster } from './cluster';
import type { Feed } from './feed';
import { createLane, type Lane } from './lane';
import type { Pause } from './pause';
import { calibrate } from './recorder';
import { createTransfers, rowsOfValue } from './transfers';
import { createValues, isDispatch, readersOf } from './values';
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
  /** Of each layer that dispatches tokens; the others route on the GPU alone. */
  readonly routing: readonly Routing[];
};

/** (token, expert) pairs of each expert of a layer, of all ranks together. */
export type Routing = { readonly layer: number; readonly load: readonly number[] };

/** Kernels and copies a submit at most: few after a wait, so that an idle GPU starts at once, more while it is busy. */
const COMMANDS_A_SUBMIT = { first: 4, most: 16 };

/** How often spans are shown while a run goes on, ms. */
const LIVE_MS = 50;

type Event =
  | {
      readonly kind: 'announced';
      readonly op: Collective;
      readonly rank: number;
      readonly readyAt: number;
      readonly at: number;
      readonly counts: Uint32Array | null;
    }
  | { readonly kind: 'failed'; readonly cause: unknown };

type HostBytes = { readonly bytes: Uint8Array; readonly release: () => void };

/**
 * Runs the same orders on all ranks of a cluster. Ranks on one GPUDevice take turns order by order, each as if on a device 1/N as fast;
 * those on devices of their own share the GPU as it sees fit. All advance together; the host only waits when they can't go on. Throws when
 * aborted or when a device is lost; the cluster can then be used again, unless it was lost.
 */
export const runOrders = (
  cluster: Cluster,
  program: Program,
  orders: readonly Order[],
  feeds: readonly Feed[],
  options: RunOptions,
): Promise<RunResult> =>
  enginesOf(cluster).reduce(
    (work, { gpu }) =>
      () =>
        refusingErrors(gpu, work),
    () => run(cluster, program, orders, feeds, options),
  )();

const enginesOf = ({ ranks }: Cluster): Engine[] => [...new Set(ranks.map(({ engine }) => engine))];

async function run(
  cluster: Cluster,
  program: Program,
  orders: readonly Order[],
  feeds: readonly Feed[],
  options: RunOptions,
): Promise<RunResult> {
  const { ranks } = cluster;
  const { pause, signal } = options;
  const engines = enginesOf(cluster);
  const kernels = program.operations.flatMap((op) => (op.kind === 'compute' ? [op.kernel] : []));
  await Promise.all(engines.map(({ launcher }) => launcher.prepare(kernels)));
  const events: Event[] = [];
  const post = (event: Event) => {
    events.push(event);
  };
  const fail = (cause: unknown) => post({ kind: 'failed', cause });
  const lanes: Lane[] = [];
  for (const engine of engines) {
    const own = ranks.filter((rank) => rank.engine === engine).map(({ index }) => index);
    // Clocks of devices differ: what is known of one says nothing of another.
    const clock = (engines.length === 1 && options.clock) || (await calibrate(engine, pause));
    lanes.push(createLane(engine, own, clock, fail));
  }
  const laneOf = ranks.map(({ engine }) => lanes[engines.indexOf(engine)]!);

  const readers = readersOf(program);
  const valuesOf = ranks.map((rank, index) => createValues(program, readers, rank, feeds[index]!, options.caches?.[index]));
  /** The last kernel that wrote each value on each lane: its number with the lane's recorder. */
  const writtenBy = new Map<Lane, Map<string, number>>(lanes.map((lane) => [lane, new Map()]));
  /** What ranks send through the host, until all of it has been passed on; nothing is held once the run is over. */
  const passing = new Map<Collective, (HostBytes | null)[]>();
  let over = false;
  /** The last message that all ranks waited for, and when it had arrived. */
  let awaited = { op: null as Collective | null, at: 0 };
  const letGo = (op: Collective, rank: number): void => {
    const sent = passing.get(op)!;
    sent[rank]?.release();
    sent[rank] = null;
  };
  const recorded = () => lanes.reduce((sum, lane) => sum + lane.recorded(), 0);
  const submit = () => {
    for (const lane of lanes) lane.submit();
  };
  let stampsReadAt = performance.now();
  const routing: Routing[] = [];

  const transfers = createTransfers(ranks.length, options.linkBetween, {
    rowBytes: (op) => 4 * program.values.get(op.input)!.cols,
    rowsOf: (value, rank) => rowsOfValue(program.values, valuesOf[rank]!.symbols, value),
    onExchange: (op, { sent, received, pairs, load }) => {
      routing.push({ layer: op.layer!, load });
      valuesOf.forEach(({ symbols }, rank) => {
        symbols.set(`sent.${op.layer}`, sent[rank]!);
        symbols.set(`received.${op.layer}`, received[rank]!);
        symbols.set(`pairs.${op.layer}`, pairs[rank]!);
      });
    },
    copy: (op, sender, receiver, rows) => {
      const size = 4 * program.values.get(op.input)!.cols;
      const target = valuesOf[receiver]!.take(op.output);
      if (rows.count === 0) return;
      const bytes = rows.count * size;
      const sent = passing.get(op)?.[sender];
      if (sent && sender !== receiver) {
        laneOf[receiver]!.upload(
          { op, from: sender, rank: receiver },
          target.buffer,
          rows.to * size,
          sent.bytes.subarray(rows.from * size, rows.from * size + bytes),
        );
        return;
      }
      const source = valuesOf[sender]!.get(op.input);
      laneOf[receiver]!.copy(source.buffer, rows.from * size, target.buffer, rows.to * size, bytes);
    },
    onSent: (op, sender) => {
      letGo(op, sender);
      valuesOf[sender]!.release(op.input);
    },
  });

  const compute = (index: number, order: Extract<Order, { do: 'compute' }>): void => {
    const { op } = order;
    const rank = ranks[index]!;
    const values = valuesOf[index]!;
    const { symbols } = values;
    const { launcher } = rank.engine;
    const sizes = sizesOf(op, symbols);
    const buffers: Storage[] = [];
    for (const name of op.inputs) buffers.push(values.get(name));
    for (const name of op.weights) buffers.push(rank.weights.get(name)!);
    for (const name of op.outputs) buffers.push(values.take(name));
    if (hasWork(symbols, op)) {
      let launch = rank.launches.get(order);
      if (!launch || !launcher.matches(launch, sizes, buffers)) {
        // The one before was submitted in an earlier run.
        if (launch) launcher.release(launch);
        launch = launcher.bind(op.kernel, sizes, buffers);
        rank.launches.set(order, launch);
      }
      const bound = launch;
      const lane = laneOf[index]!;
      const pass = lane.compute({ rank: index, op, flops: flopsOf(op, symbols), awaited }, (encoder) => launcher.record(encoder, bound));
      for (const name of op.outputs) writtenBy.get(lane)!.set(name, pass);
    }
    for (const name of new Set(op.inputs)) values.release(name);
  };

  /** Asks the GPU to tell when the ranks' parts of a collective are ready, with the counts of a Dispatch and what must go through the host. */
  const start = (op: Collective): void => {
    passing.set(
      op,
      ranks.map(() => null),
    );
    // All timestamps on the way are for the live view alone: reading them costs the GPU time.
    const live = options.onSpans !== undefined && performance.now() - stampsReadAt > LIVE_MS;
    if (live) stampsReadAt = performance.now();
    for (const lane of lanes) {
      // What is not asked for by itself is told by a word of the input.
      const counts = lane.ranks.map((rank) =>
        isDispatch(op) ? valuesOf[rank]!.piece(op.counts) : { ...valuesOf[rank]!.piece(op.input), bytes: 4 },
      );
      const sent = lanes.length === 1 ? [] : lane.ranks.map((rank) => valuesOf[rank]!.piece(op.input));
      // When the kernel that wrote it ended says when it could leave, whenever the host hears of that.
      const pass = writtenBy.get(lane)!.get(op.input);
      lane.read([...counts, ...sent], pass, live).then(({ parts, release, at }) => {
        if (over) return release();
        const readyAt = Math.min(at, (pass !== undefined && lane.recorder.endedAt(pass)) || at);
        lane.ranks.forEach((rank, i) => {
          const bytes = parts[counts.length + i];
          if (bytes) passing.get(op)![rank] = { bytes, release };
          post({ kind: 'announced', op, rank, readyAt, at, counts: isDispatch(op) ? new Uint32Array(parts[i]!.slice().buffer) : null });
        });
        if (sent.length === 0) release();
      }, fail);
    }
    if (isDispatch(op)) for (const values of valuesOf) values.release(op.counts);
  };

  const step = (order: Order): void => {
    switch (order.do) {
      case 'compute':
        for (const index of ranks.keys()) compute(index, order);
        break;
      case 'start':
        start(order.op);
        break;
      case 'wait':
        awaited = { op: order.op, at: transfers.heldByAllAt(order.op)! };
    }
  };

  /** On devices of their own ranks hold a message once the device has taken it in. */
  const spansSoFar = (origin: number): Span[] => [
    ...lanes.flatMap(({ recorder }) => recorder.spans(origin)),
    ...transfers.spans(origin).map((span) => {
      const [rank, from] = span.kind === 'message' ? [span.to, span.rank] : [span.rank];
      const held = laneOf[rank]!.recorder.takenIn(span.op, rank, from);
      return { ...span, end: Math.max(span.end, held - origin) };
    }),
  ];

  try {
    ranks.forEach(({ engine }, index) => {
      const { queue } = engine.gpu.device;
      for (const name of program.inputs) queue.writeBuffer(valuesOf[index]!.take(name).buffer, 0, feeds[index]!.inputs.get(name)!);
    });
    await settled(engines);
    const origin = performance.now();
    let shownAt = origin;
    let next = 0;
    let allowed = COMMANDS_A_SUBMIT.first;
    for (;;) {
      signal?.throwIfAborted();
      for (const event of events.splice(0)) {
        if (event.kind === 'failed') throw event.cause;
        transfers.announce(event.rank, event.op, event, event.counts);
      }
      transfers.deliver(performance.now());
      // A wait ends for all ranks together: one that went on alone would have the whole GPU, not its 1/N.
      const order = orders[next];
      if (order && (order.do !== 'wait' || transfers.heldByAllAt(order.op) !== undefined)) {
        next++;
        step(order);
        if (recorded() >= allowed) {
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

    const reading = lanes.map((lane) =>
      lane.read(
        lane.ranks.flatMap((rank) => program.outputs.map(valuesOf[rank]!.piece)),
        undefined,
        true,
      ),
    );
    const reads = await pause.during(Promise.all(reading));
    const ended = Math.max(...reads.map(({ at }) => at));
    const passes = lanes.flatMap(({ engine, recorder }) => (engine.timestamps ? recorder.passes : []));
    if (passes.some(({ ran }) => ran === null))
      throw new InputError(phrase`A run of ${passes.length} kernels is more than can be timed; use fewer devices or layers.`);
    const outputs = ranks.map(({ index }) => {
      const lane = laneOf[index]!;
      const { parts } = reads[lanes.indexOf(lane)]!;
      const first = lane.ranks.indexOf(index) * program.outputs.length;
      return new Map(program.outputs.map((name, i) => [name, new Float32Array(parts[first + i]!.slice().buffer)]));
    });
    for (const { release } of reads) release();
    await settled(engines);
    return {
      spans: spansSoFar(origin),
      wallMs: ended - origin,
      clockErrorMs: Math.max(...lanes.map(({ recorder }) => recorder.clockErrorMs())),
      resolutionMs: Math.max(...lanes.map(({ recorder }) => resolutionMsOf(recorder.clock()))),
      clock: lanes[0]!.recorder.clock(),
      outputs,
      routing,
    };
  } catch (cause) {
    if (signal?.aborted) await settled(engines);
    throw cause;
  } finally {
    over = true;
    for (const op of passing.keys()) for (const rank of ranks.keys()) letGo(op, rank);
    for (const values of valuesOf) values.close();
  }
}

const settled = (engines: readonly Engine[]): Promise<unknown> =>
  Promise.all(engines.map(({ gpu }) => gpu.device.queue.onSubmittedWorkDone()));

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
