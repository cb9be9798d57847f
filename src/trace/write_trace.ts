import type { WireFormat } from '../program/lower_all_reduce';
import { subtract } from './intervals';
import { ncclArgs, ncclKernel, sentTogether } from './nccl';
import { type ComputeSpan, type Interval, intervalsOf, type MessageSpan, type Span } from './span';

/**
 * Traces in Chrome's Trace Event Format, as PyTorch's profiler writes them: `ts` and `dur` in microseconds, a process a
 * rank. Kernels have the category `kernel` and a stream; those named nccl…Kernel… are communication to
 * HolisticTraceAnalysis, which takes all other kernels for computation and leaves memory copies out.
 */
type ChromeTrace = {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, unknown>>;
};
export type TraceEvent = {
  readonly ph: 'X' | 'M' | 's' | 'f';
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  readonly bp?: 'e';
  readonly args?: Readonly<Record<string, unknown>>;
};
/** An event that has a length. */
export type Complete = TraceEvent & { readonly ts: number; readonly dur: number };

/** What a trace says besides its spans: how values travelled, null where that is not known, and whatever else. */
export type About = { readonly wire: WireFormat | null; readonly otherData: Readonly<Record<string, unknown>> };
export const NOTHING: About = { wire: null, otherData: {} };

// Streams are counted from 1: HolisticTraceAnalysis finds no step for kernels of stream 0.
export const THREADS = ['compute', 'send', 'receive', 'copy'] as const;
const COMPUTE = 1;
const SEND = 2;
const RECEIVE = 3;
const COPY = 4;
const us = (ms: number) => 1000 * ms;

/**
 * The spans of a run as a trace: for each rank its kernels, each piece an event, the messages that it sends, its
 * collectives in the thread that receives, and its copies, with an arrow from each message to the collective that it
 * belongs to. Nothing overlaps within a thread: where two collectives do, the later one is shown from the end of the
 * earlier, so that their union stays what it was.
 */
export function toChromeTrace(spans: readonly Span[], ranks: number, { wire, otherData } = NOTHING): ChromeTrace {
  const events = eventsOfRanks(spans, ranks, wire).flatMap((own, rank): TraceEvent[] => [
    ...namesOf(rank, `rank ${rank}`, THREADS),
    ...own,
  ]);
  let id = 0;
  for (const span of spans) {
    if (span.kind !== 'message') continue;
    id++;
    const flow = { name: span.name, cat: 'message', id } as const;
    events.push({ ph: 's', pid: span.rank, tid: SEND, ts: us(span.start), ...flow });
    events.push({ ph: 'f', bp: 'e', pid: span.to, tid: RECEIVE, ts: us(span.end), ...flow });
  }
  return { traceEvents: events, displayTimeUnit: 'ms', otherData: { ...otherData, ranks } };
}

/** What each rank's streams did: kernels, messages, collectives and copies, an event each. */
export function eventsOfRanks(spans: readonly Span[], ranks: number, wire: WireFormat | null): Complete[][] {
  const ofRanks = Array.from({ length: ranks }, (): Span[] => []);
  for (const span of spans) ofRanks[span.rank]!.push(span);
  const sentByAll = sentTogether(spans, ranks);
  return ofRanks.map((own) => [
    ...oneByOne(own, 'compute').map(({ span, interval, piece }) => kernelEvent(span, interval, piece)),
    ...oneByOne(own, 'copy').map(({ span, interval }) =>
      complete(span, COPY, 'gpu_memcpy', `Memcpy DtoD ${span.name} ${place(span)}`, interval, { bytes: span.bytes }),
    ),
    ...oneByOne(own, 'collective').map(({ span, interval }) =>
      complete(span, RECEIVE, 'kernel', ncclKernel(span), interval, {
        sent: span.sentBytes,
        received: span.receivedBytes,
        ...ncclArgs(span, ranks, wire, sentByAll.get(span) ?? null),
      }),
    ),
    ...oneByOne(own, 'message').map(({ span, interval }) => messageEvent(span, interval)),
  ]);
}

/**
 * A rank's spans of a kind in order, kernels by their pieces, each with what of it lies beyond those before it; of
 * collectives those that lie within them wholly are left out.
 */
function oneByOne<Kind extends Span['kind']>(spans: readonly Span[], kind: Kind) {
  let end = Number.NEGATIVE_INFINITY;
  return spans
    .filter((span): span is Extract<Span, { kind: Kind }> => span.kind === kind)
    .flatMap((span) => intervalsOf(span).map((interval, piece) => ({ span, interval, piece })))
    .toSorted(({ interval: a }, { interval: b }) => a[0] - b[0] || a[1] - b[1])
    .flatMap(({ span, interval, piece }) => {
      const [left] = subtract([interval], [[Number.NEGATIVE_INFINITY, end]]);
      end = Math.max(end, interval[1]);
      if (left) return [{ span, interval: left, piece }];
      // Messages, and kernels that took no time, are told all the same, with no length.
      const told = kind === 'message' || (kind === 'compute' && piece === 0);
      return told ? [{ span, interval: [end, end] as const, piece }] : [];
    });
}

const place = ({ layer }: Span): string => (layer === null ? '' : `layer ${layer}`);

/** What a kernel was lies with its first piece. */
const kernelEvent = (span: ComputeSpan, interval: Interval, piece: number): Complete =>
  complete(span, COMPUTE, 'kernel', `${span.block} ${span.name} ${place(span)}`.trim(), interval, {
    ...(piece > 0
      ? { piece }
      : {
          ...(span.gpuMs !== null && { gpu_us: us(span.gpuMs) }),
          ...(span.turnAt !== null && { turn_us: us(span.turnAt) }),
          ...(span.flops !== null && { flops: span.flops }),
          ...(span.kernel !== null && { shader: span.kernel }),
          ...(span.submitted !== null && { submitted_us: us(span.submitted) }),
          ...(span.awaited !== null && { awaited_op: span.awaited.op, awaited_us: us(span.awaited.at) }),
          ...(span.uncertain && { uncertain: true }),
          ...(span.sharing > 1 && { sharing: span.sharing }),
        }),
  });

/** Where messages overlap, the event is what of one lies beyond the others: its own times are told too. */
const messageEvent = (span: MessageSpan, interval: Interval): Complete =>
  complete(span, SEND, 'gpu_memcpy', `Memcpy PtoP ${span.name} ${place(span)} to rank ${span.to}`, interval, {
    to: span.to,
    bytes: span.bytes,
    from_us: us(span.start),
    until_us: us(span.end),
    due_us: us(span.due),
    ...(span.portMs !== null && { port_us: us(span.portMs) }),
  });

const complete = (
  { op, rank, block, phase, layer, name: operation, source }: Span,
  tid: number,
  cat: string,
  name: string,
  [start, end]: Interval,
  args: Readonly<Record<string, unknown>>,
): Complete => ({
  ph: 'X',
  pid: rank,
  tid,
  name: name.trim(),
  cat,
  ts: us(start),
  dur: us(end - start),
  args: { device: rank, stream: tid, op, operation, block, phase, layer, source, ...args },
});

/** Names of a process and its threads, which are counted from 1. */
export const namesOf = (pid: number, process: string, threads: readonly string[]): TraceEvent[] => [
  { ph: 'M', pid, tid: 0, name: 'process_name', args: { name: process } },
  ...threads.map((name, i): TraceEvent => ({ ph: 'M', pid, tid: i + 1, name: 'thread_name', args: { name } })),
];
