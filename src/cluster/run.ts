import { refusingErrors } from '../gpu/device';
import type { Engine } from '../gpu/engine';
import { INSTANT } from '../network/link';
import { createTransfers, type Transfers } from '../network/transfers';
import { resolve } from '../program/dim';
import { flopsOf } from '../program/kernels';
import { type Collective, exchangeSymbols, isCollective, type Program, rowBytesOf } from '../program/program';
import type { Order } from '../schedule/orders';
import { resolutionMsOf } from '../trace/clock';
import { unlessAborted } from '../words/aborted';
import type { Feed } from './feed';
import { type Event, follow, LIVE_MS, type Step } from './follow';
import { createLane, type Lane, type Read } from './lane';
import { launchIn } from './launching';
import { calibrate } from './recorder';
import type { BoundRank, Routing, RunOptions, RunResult } from './run_contract';
import { spansOfRun } from './run_spans';
import { createSending } from './sending';
import { checkTimed } from './timed_passes';
import { createValues, readersOf, type Values } from './values';

/**
 * Runs the same orders on all ranks of a cluster. Ranks on one GPUDevice take turns order by order, each as if on a
 * device 1/N as fast; those on devices of their own share the GPU as it sees fit. All advance together; the host only
 * waits when they can't go on. Throws when aborted or when a device is lost. An abort does not wait for what the GPU
 * was told to do; the cluster can be used again all the same, since the next run does.
 */
export const runOrders = (
  bound: readonly BoundRank[],
  program: Program,
  orders: readonly Order[],
  feeds: readonly Feed[],
  options: RunOptions,
): Promise<RunResult> =>
  enginesOf(bound).reduce(
    (work, { gpu }) =>
      () =>
        refusingErrors(gpu, work),
    () => run(bound, program, orders, feeds, options),
  )();

const enginesOf = (bound: readonly BoundRank[]): Engine[] => [...new Set(bound.map(({ rank }) => rank.engine))];

async function run(
  bound: readonly BoundRank[],
  program: Program,
  orders: readonly Order[],
  feeds: readonly Feed[],
  options: RunOptions,
): Promise<RunResult> {
  const { signal } = options;
  const engines = enginesOf(bound);
  const events: Event[] = [];
  const fail = (cause: unknown) => {
    events.push({ kind: 'failed', cause });
  };
  for (const engine of engines)
    if (engine.timestamps) checkTimed(orders, bound.filter(({ rank }) => rank.engine === engine).length, bound.length);
  const lanes = await openLanes(bound, options, fail);
  const readers = readersOf(program);
  const valuesOf = bound.map(({ pools, kept }, index) => createValues(program, readers, pools, kept, feeds[index]!));
  const starts = new Map(orders.flatMap((order) => (order.do === 'start' ? [[order.op, order]] : [])));
  const sending = createSending(
    program,
    lanes,
    (op, first, receiver, sizes, buffers) => bound[receiver]!.copyOf(starts.get(op)!, first, sizes, buffers),
    valuesOf,
    (announced) => {
      if (announced.op.kind === 'all-to-all' && announced.counts) {
        const { exchange } = announced.op;
        const own = counts.get(exchange) ?? [];
        own[announced.rank] = announced.counts;
        counts.set(exchange, own);
      }
      events.push({ kind: 'announced', ...announced });
    },
    fail,
  );
  const routing: Routing[] = [];
  const counts = new Map<string, Uint32Array[]>();
  const transfers = createTransfers(bound.length, options.linkBetween ?? (() => INSTANT), {
    rowBytes: (op) => rowBytesOf(program.values.get(op.input)!),
    rowsOf: (value, rank) => resolve(program.values.get(value)!.rows, valuesOf[rank]!.symbols),
    expertsOf: (exchange) => program.exchanges.get(exchange)!.experts,
    onExchange: ({ layer, exchange }, { sent, received, pairs, load }) => {
      routing.push({ layer: layer!, load });
      const names = exchangeSymbols(exchange);
      valuesOf.forEach(({ symbols }, rank) => {
        symbols.set(names.sent, sent[rank]!);
        symbols.set(names.received, received[rank]!);
        symbols.set(names.pairs, pairs[rank]!);
      });
    },
    copy: sending.copy,
    onSent: sending.sent,
  });
  try {
    bound.forEach(({ rank }, index) => {
      const { queue } = rank.engine.gpu.device;
      for (const name of program.inputs)
        queue.writeBuffer(valuesOf[index]!.take(name).buffer, 0, feeds[index]!.inputs.get(name)!);
    });
    await options.pause.during(settled(engines));
    const origin = performance.now();
    const step = stepOf(
      bound,
      program,
      lanes,
      valuesOf,
      transfers,
      startOf(sending, transfers, lanes, options),
      options,
    );
    await follow(orders, events, transfers, lanes, step, origin, options);
    const reading = options.pause.during(
      Promise.all(lanes.map((lane) => lane.read(outputPieces(program, lane, valuesOf), null, !options.untraced))),
    );
    for (const lane of lanes) lane.submit();
    const reads = await unlessAborted(reading, signal).catch((cause) => {
      reading.then(releaseAll, () => {});
      throw cause;
    });
    const wallMs = Math.max(...reads.map(({ at }) => at)) - origin;
    const outputs = outputsOf(program, bound, lanes, reads);
    releaseAll(reads);
    await options.pause.during(settled(engines));
    return {
      spans: (tilt) => spansOfRun(lanes, transfers, origin, tilt),
      wallMs,
      clockErrorMs: Math.max(...lanes.map(({ recorder }) => recorder.clockErrorMs())),
      resolutionMs: Math.max(...lanes.map(({ recorder }) => resolutionMsOf(recorder.clock()))),
      clock: lanes[0]!.recorder.clock(),
      outputs,
      routing,
      counts,
    };
  } finally {
    for (const lane of lanes) lane.drop();
    sending.close();
    for (const values of valuesOf) values.close();
  }
}

/** A lane for each GPUDevice, with what is known of its clock. */
async function openLanes(
  bound: readonly BoundRank[],
  { clock, pause, apart, untraced = false }: RunOptions,
  onFailure: (cause: unknown) => void,
): Promise<Lane[]> {
  const engines = enginesOf(bound);
  const lanes: Lane[] = [];
  for (const engine of engines) {
    const own = bound.filter(({ rank }) => rank.engine === engine).map(({ rank }) => rank.index);
    // Clocks of devices differ: what is known of one says nothing of another.
    const bounds = (engines.length === 1 && clock) || (await calibrate(engine, pause));
    const how = { lengths: apart?.lengths ?? 'stamped', untraced } as const;
    lanes.push(createLane(engine, own, bounds, pause.stepMs, how, onFailure));
  }
  return lanes;
}

/**
 * How collectives are announced: by the GPU, now and then with all timestamps for the live view; ahead where there is
 * no wire; or replayed.
 */
function startOf(
  { start, replay }: ReturnType<typeof createSending>,
  transfers: Transfers,
  lanes: readonly Lane[],
  { linkBetween, onSpans, replayed, untraced = false }: RunOptions,
): (op: Collective) => void {
  if (replayed) return (op) => replay(op, replayed);
  /** Whether it will be known when a collective was, if anybody asks. */
  const isTimed = (op: Collective) => untraced || lanes[0]!.tells(op.input);
  const isAhead = (op: Collective) =>
    linkBetween === null && lanes.length === 1 && isTimed(op) && transfers.announceAhead(op, performance.now());
  let stampsReadAt = performance.now();
  return (op) => {
    if (isAhead(op)) return;
    // Reading them costs the GPU time.
    const live = onSpans !== undefined && performance.now() - stampsReadAt > LIVE_MS;
    if (live) stampsReadAt = performance.now();
    start(op, live);
  };
}

/** Does an order on all ranks; a wait has been waited for, or what follows is held back until it has. */
function stepOf(
  bound: readonly BoundRank[],
  program: Program,
  lanes: readonly Lane[],
  valuesOf: readonly Values[],
  transfers: Transfers,
  start: (op: Collective) => void,
  { timesOf, apart }: RunOptions,
): Step {
  const laneOf = bound.map(({ rank }) => lanes.find(({ engine }) => engine === rank.engine)!);
  const sent = new Set(program.operations.flatMap((op) => (isCollective(op) ? [op.input] : [])));
  /** What all ranks waited for last: of several waits in a row, the one that ended last. */
  let awaited: Collective | null = null;
  let waiting = false;

  const compute = (index: number, order: Extract<Order, { do: 'compute' }>): void => {
    const { op } = order;
    const launched = launchIn(bound[index]!, valuesOf[index]!, order);
    if (!launched) return;
    const { launch, sizes } = launched;
    const kernel = { rank: index, op, flops: flopsOf(op, sizes), awaited, apart: apart?.of(op, index) ?? null };
    laneOf[index]!.compute(kernel, (pass) => {
      for (let i = timesOf?.(op, index) ?? 1; i > 0; i--) bound[index]!.rank.engine.launcher.record(pass, launch);
    });
  };

  return (order) => {
    switch (order.do) {
      case 'compute':
        for (const index of bound.keys()) compute(index, order);
        // What is sent can leave when this has ended, not what comes after it.
        if (order.op.outputs.some((name) => sent.has(name))) for (const lane of lanes) lane.endPass();
        waiting = false;
        break;
      case 'start':
        for (const values of valuesOf) values.expect(order.op.output);
        start(order.op);
        break;
      case 'wait': {
        // What is waited for ahead is still to come.
        const endedAt = (op: Collective) => transfers.arrivedEverywhereAt(op) ?? Number.POSITIVE_INFINITY;
        if (!waiting || !awaited || endedAt(order.op) >= endedAt(awaited)) awaited = order.op;
        waiting = true;
        // What was sent is copied by now.
        for (const values of valuesOf) values.release(order.op.input);
      }
    }
  };
}

const outputPieces = ({ outputs }: Program, { ranks }: Lane, valuesOf: readonly Values[]) =>
  ranks.flatMap((rank) => outputs.map(valuesOf[rank]!.rangeOf));

function outputsOf(
  program: Program,
  bound: readonly BoundRank[],
  lanes: readonly Lane[],
  reads: readonly Read[],
): Map<string, Float32Array>[] {
  return bound.map(({ rank: { index } }) => {
    const lane = lanes.findIndex(({ ranks }) => ranks.includes(index));
    const first = lanes[lane]!.ranks.indexOf(index) * program.outputs.length;
    return new Map(
      program.outputs.map((name, i) => [name, new Float32Array(reads[lane]!.parts[first + i]!.slice().buffer)]),
    );
  });
}

function releaseAll(reads: readonly Read[]): void {
  for (const { release } of reads) release();
}

/** What a lost device had to do is over. */
const settled = (engines: readonly Engine[]): Promise<unknown> =>
  Promise.all(engines.map(({ gpu }) => unlessAborted(gpu.device.queue.onSubmittedWorkDone(), gpu.lost)));
