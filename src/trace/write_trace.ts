import { subtract } from './intervals';
import {
  type CollectiveSpan,
  type ComputeSpan,
  type CopySpan,
  type Interval,
  intervalsOf,
  type MessageSpan,
  type Span,
} from './span';

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
type TraceEvent = {
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

const THREADS = ['compute', 'send', 'receive', 'copy'] as const;
const COMPUTE = 0;
const SEND = 1;
const RECEIVE = 2;
const COPY = 3;
const us = (ms: number) => 1000 * ms;

/**
 * The spans of a run as a trace: for each rank its kernels, each piece an event, the messages that it sends, its
 * collectives in the thread that receives, and its copies, with an arrow from each message to the collective that it
 * belongs to. Nothing overlaps within a thread: where two collectives do, the later one is shown from the end of the
 * earlier, so that their union stays what it was.
 */
export function toChromeTrace(
  spans: readonly Span[],
  ranks: number,
  otherData: Readonly<Record<string, unknown>> = {},
): ChromeTrace {
  const events: TraceEvent[] = [];
  for (let rank = 0; rank < ranks; rank++) {
    events.push({ ph: 'M', pid: rank, tid: 0, name: 'process_name', args: { name: `rank ${rank}` } });
    THREADS.forEach((name, tid) => {
      events.push({ ph: 'M', pid: rank, tid, name: 'thread_name', args: { name } });
    });
    for (const { span, interval, piece } of oneByOne(spans, rank, 'compute'))
      events.push(kernelEvent(span as ComputeSpan, interval, piece));
    for (const { span, interval } of oneByOne(spans, rank, 'copy'))
      events.push(
        complete(span, COPY, 'gpu_memcpy', `Memcpy DtoD ${span.name} ${place(span)}`, interval, {
          bytes: (span as CopySpan).bytes,
        }),
      );
    for (const { span, interval } of oneByOne(spans, rank, 'collective'))
      events.push(
        complete(
          span,
          RECEIVE,
          'kernel',
          `ncclKernel_${span.name} ${place(span)}`,
          interval,
          bytesOf(span as CollectiveSpan),
        ),
      );
    for (const { span, interval } of oneByOne(spans, rank, 'message')) {
      const { to, bytes, due, portMs } = span as MessageSpan;
      events.push(
        complete(span, SEND, 'gpu_memcpy', `Memcpy PtoP ${span.name} ${place(span)} to rank ${to}`, interval, {
          to,
          bytes,
          from_us: us(span.start),
          until_us: us(span.end),
          due_us: us(due),
          ...(portMs !== null && { port_us: us(portMs) }),
        }),
      );
    }
  }
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

/**
 * Spans of a rank in order, kernels by their pieces, each with what of it lies beyond those before it; of collectives
 * those that lie within them wholly are left out.
 */
function oneByOne(
  spans: readonly Span[],
  rank: number,
  kind: Span['kind'],
): { span: Span; interval: Interval; piece: number }[] {
  let end = Number.NEGATIVE_INFINITY;
  return spans
    .filter((span) => span.rank === rank && span.kind === kind)
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

const bytesOf = ({ sentBytes, receivedBytes }: CollectiveSpan) => ({ sent: sentBytes, received: receivedBytes });

const place = ({ layer }: Span): string => (layer === null ? '' : `layer ${layer}`);

/** What a kernel was lies with its first piece. */
const kernelEvent = (span: ComputeSpan, interval: Interval, piece: number): TraceEvent =>
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

const complete = (
  { op, rank, block, phase, layer, name: operation, source }: Span,
  tid: number,
  cat: string,
  name: string,
  [start, end]: Interval,
  args: Readonly<Record<string, unknown>>,
): TraceEvent => ({
  ph: 'X',
  pid: rank,
  tid,
  name: name.trim(),
  cat,
  ts: us(start),
  dur: us(end - start),
  args: { device: rank, stream: tid, op, operation, block, phase, layer, source, ...args },
});
