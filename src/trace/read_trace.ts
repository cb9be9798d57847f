import { BLOCKS, PHASES } from '../program/program';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { z } from '../words/zod';
import { type ComputeSpan, laterBy, type Span, TIME_SOURCES } from './span';

/**
 * Whether a trace file is of all ranks of a run, as ours are, which say how many at their end; a profiler's is of one.
 */
export const isOfWholeRun = (text: string): boolean => /"ranks":\d+\}\s*\}\s*$/.test(text.slice(-200));

const finite = z.number().refine(Number.isFinite);
const amount = z.number().nonnegative().optional().catch(undefined);
const KernelEvent = z.object({
  ph: z.literal('X'),
  cat: z.enum(['kernel', 'gpu_memcpy']),
  name: z.string(),
  pid: z.union([z.number(), z.string()]),
  ts: z.coerce.number().pipe(finite),
  dur: z.coerce.number().pipe(finite.min(0)),
  args: z
    .object({
      // PyTorch has arguments of these names too (a kernel's `block` is its size): what is not ours is left out.
      op: z.number().optional().catch(undefined),
      operation: z.string().optional().catch(undefined),
      block: z.string().optional().catch(undefined),
      layer: z.number().nullable().optional().catch(undefined),
      source: z.enum(TIME_SOURCES).optional().catch(undefined),
      // What `source` was called in earlier traces.
      clock: z.enum(['gpu', 'host']).optional().catch(undefined),
      // What only our own traces say.
      shader: z.string().optional().catch(undefined),
      phase: z.enum(PHASES).optional().catch(undefined),
      gpu_us: amount,
      flops: amount,
      submitted_us: z.number().optional().catch(undefined),
      awaited_op: amount,
      awaited_us: z.number().optional().catch(undefined),
      turn_us: z.number().optional().catch(undefined),
      sharing: z.number().int().positive().optional().catch(undefined),
      piece: amount,
      from_us: z.number().optional().catch(undefined),
      until_us: z.number().optional().catch(undefined),
      due_us: z.number().optional().catch(undefined),
      port_us: amount,
      uncertain: z.boolean().optional().catch(undefined),
      sent: amount,
      received: amount,
      to: amount,
      bytes: amount,
    })
    .optional(),
});
type KernelEvent = z.infer<typeof KernelEvent>;
/** Of a job whose traces are opened together. */
export const MOST_RANKS = 4096;
const Trace = z.union([
  z.array(z.unknown()),
  z.object({
    traceEvents: z.array(z.unknown()),
    distributedInfo: z.object({ rank: z.number().int().min(0).optional() }).optional(),
    baseTimeNanoseconds: z.number().optional(),
  }),
]);

/** As HolisticTraceAnalysis tells communication. */
const isCommunication = (name: string): boolean => /^nccl.*Kernel/.test(name);

/**
 * Kernels of one or more trace files, ours or those that PyTorch's profiler wrote on each rank, as spans in ms since
 * the first of them; of ours all else as well. A file that names its rank (distributedInfo) is that rank; else each
 * process of it is one, in order. Throws InputError with the file's name when it is no trace or has no kernels.
 */
export function fromChromeTraces(files: readonly { readonly name: string; readonly text: string }[]): {
  spans: Span[];
  ranks: number;
} {
  const found: Span[] = [];
  const taken = new Set<number>();
  // Since 1970 microseconds are too many for their fractions to be kept: all are told from the first file's base.
  let firstBaseUs: number | null = null;
  for (const { name, text } of files) {
    const trace = parseTrace(name, text);
    const read = (Array.isArray(trace) ? trace : trace.traceEvents).flatMap(
      (event) => KernelEvent.safeParse(event).data ?? [],
    );
    const kernels = read.filter(({ cat }) => cat === 'kernel');
    if (kernels.length === 0)
      throw new InputError(
        phrase`${name} has no kernels; it should be a Chrome trace with events of category kernel, as PyTorch's profiler writes.`,
      );
    const ownBaseUs = Array.isArray(trace) ? 0 : (trace.baseTimeNanoseconds ?? 0) / 1000;
    firstBaseUs ??= ownBaseUs;
    const baseUs = ownBaseUs - firstBaseUs;
    const own = Array.isArray(trace) ? undefined : trace.distributedInfo?.rank;
    const processes = [...new Set(kernels.map(({ pid }) => pid))].sort((a, b) => Number(a) - Number(b));
    const first = taken.size === 0 ? 0 : Math.max(...taken) + 1;
    const ranksOf = new Map(processes.map((pid, i) => [pid, own ?? first + i]));
    for (const rank of new Set(ranksOf.values())) {
      if (rank >= MOST_RANKS)
        throw new InputError(phrase`${name} is of rank ${rank}; ranks below ${MOST_RANKS} can be opened.`);
      if (taken.has(rank))
        throw new InputError(phrase`${name} is of rank ${rank}, as is another of the files; give one file a rank.`);
      taken.add(rank);
    }
    // Ours say what copies are of; those to another rank are messages.
    const copies = read.filter(
      ({ cat, pid, args }) =>
        cat === 'gpu_memcpy' &&
        args?.operation !== undefined &&
        ranksOf.has(pid) &&
        (args.to === undefined || own !== undefined || ranksOf.has(args.to)),
    );
    found.push(...withPieces([...kernels, ...copies].map((event) => spanOf(event, baseUs, ranksOf))));
  }
  const origin = found.reduce((min, { start }) => Math.min(min, start), Number.POSITIVE_INFINITY);
  // A file of one rank names others: messages to those that are not there are left out.
  const there = found.filter((span) => span.kind !== 'message' || taken.has(span.to));
  return { spans: there.map((span) => laterBy(span, -origin)), ranks: Math.max(...taken) + 1 };
}

/** An event as a span, in ms of the trace's clock. */
function spanOf(
  { name: kernel, cat, pid, ts, dur, args }: KernelEvent,
  baseUs: number,
  ranksOf: ReadonlyMap<number | string, number>,
): Read {
  const communicates = isCommunication(kernel);
  const block = BLOCKS.find((known) => known === args?.block);
  const ms = (us: number) => (baseUs + us) / 1000;
  const common = {
    op: args?.op ?? -1,
    rank: ranksOf.get(pid)!,
    name: args?.operation ?? kernel,
    block: block ?? (communicates ? 'all-reduce' : 'residual'),
    phase: args?.phase ?? 'forward',
    layer: args?.layer ?? null,
    start: ms(ts),
    end: ms(ts + dur),
    source: args?.source ?? args?.clock ?? ((communicates || cat === 'gpu_memcpy') && block ? 'host' : 'gpu'),
  } as const;
  const bytes = args?.bytes ?? 0;
  if (cat === 'gpu_memcpy' && args?.to === undefined) return { kind: 'copy', ...common, bytes };
  if (cat === 'gpu_memcpy') {
    const { to, from_us, until_us, due_us, port_us } = args!;
    // Where messages of a rank overlap, the event is what of it lies beyond the others.
    const start = from_us === undefined ? common.start : ms(from_us);
    const end = until_us === undefined ? common.end : ms(until_us);
    const due = due_us === undefined ? end : ms(due_us);
    const portMs = port_us === undefined ? null : port_us / 1000;
    return { kind: 'message', ...common, start, end, to: ranksOf.get(to!) ?? to!, bytes, due, portMs };
  }
  if (communicates)
    return { kind: 'collective', ...common, sentBytes: args?.sent ?? 0, receivedBytes: args?.received ?? 0 };
  const { shader, gpu_us, turn_us, flops, submitted_us, awaited_op, awaited_us, uncertain, sharing } = args ?? {};
  return {
    kind: 'compute',
    ...common,
    pieces: [[common.start, common.end]],
    piece: args?.piece ?? 0,
    turnAt: turn_us === undefined ? null : ms(turn_us),
    sharing: sharing ?? 1,
    kernel: shader ?? null,
    uncertain: uncertain ?? false,
    gpuMs: gpu_us === undefined ? null : gpu_us / 1000,
    flops: flops ?? null,
    submitted: submitted_us === undefined ? null : ms(submitted_us),
    awaited: awaited_op === undefined || awaited_us === undefined ? null : { op: awaited_op, at: ms(awaited_us) },
  };
}

/** Kernels are read piece by piece. */
type Read = Exclude<Span, ComputeSpan> | (ComputeSpan & { readonly piece: number });

/** Each kernel as a whole: its pieces follow one another on its rank. */
function withPieces(read: readonly Read[]): Span[] {
  const whole: Span[] = [];
  const lastOf = new Map<number, number>();
  for (const own of read) {
    if (own.kind !== 'compute') {
      whole.push(own);
      continue;
    }
    const { piece, ...span } = own;
    const at = lastOf.get(span.rank);
    const last = at === undefined ? undefined : whole[at];
    if (piece > 0 && last?.kind === 'compute' && last.op === span.op)
      whole[at!] = { ...last, end: span.end, pieces: [...last.pieces, ...span.pieces] };
    else lastOf.set(span.rank, whole.push(span) - 1);
  }
  return whole;
}

function parseTrace(name: string, text: string): z.infer<typeof Trace> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError(phrase`${name} is not JSON; it should be a Chrome trace.`);
  }
  const trace = Trace.safeParse(value);
  if (!trace.success)
    throw new InputError(
      phrase`${name} is not a Chrome trace: it should be a list of events, or an object with traceEvents.`,
    );
  return trace.data;
}
