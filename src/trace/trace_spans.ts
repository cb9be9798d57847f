import { BLOCKS, PHASES } from '../program/program';
import { z } from '../words/zod';
import { isCommunication, type KernelKind, kernelKind } from './kernel_kinds';
import { overlapOfIntervals, type RankOverlap } from './overlap';
import { MOST_RANKS, type OwnEvent, type TraceFile } from './read_trace';
import { type ComputeSpan, type Interval, laterBy, type Span, TIME_SOURCES } from './span';
import { inOrder, rankOf } from './trace_runs';

type IsCommunication = (name: string) => boolean;

/**
 * A file of a run, the ranks that its processes are, and how much later than the run's first its clock begins, in ms.
 */
type Placed = { readonly file: TraceFile; readonly ranks: readonly number[]; readonly later: number };

/**
 * Spans of the files of one run, in ms since the first of them. Kernels of others' programs are computation or, where
 * `communicates` says so by the name, collectives; their blocks say what they are.
 */
export function traceSpans(
  files: readonly TraceFile[],
  communicates: IsCommunication = isCommunication,
): { readonly spans: Span[]; readonly ranks: number } {
  const placed = placedIn(files);
  // Ranks of our own, each in a file or all in one, by the numbers that their messages name.
  const known = new Map(placed.flatMap(({ file, ranks }) => file.processes.map((process, i) => [process, ranks[i]!])));
  const first = placed.reduce((min, own) => Math.min(min, firstOf(own)), Number.POSITIVE_INFINITY);
  const fromFirst = placed.map((own) => ({ ...own, later: own.later - first }));
  return {
    spans: fromFirst.flatMap((own) => kernelsIn(own, communicates).concat(ownIn(own, known, communicates))),
    ranks: 1 + placed.reduce((most, { ranks }) => ranks.reduce((max, rank) => Math.max(max, rank), most), 0),
  };
}

/** Spans of others' kernels as `communicates` has them; those of our own stay what they are. */
export function communicatingBy(spans: readonly Span[], communicates: IsCommunication): Span[] {
  return spans.map((span) => {
    if (span.op !== UNKNOWN.op || (span.kind !== 'compute' && span.kind !== 'collective')) return span;
    return foreignSpan(span.name, kernelKind(span.name, communicates), span.rank, span.start, span.end);
  });
}

/** Whether something in a run communicates. */
export const communicatesIn = (spans: readonly Span[]): boolean => spans.some(({ kind }) => kind === 'collective');

/** The overlap of each rank that has kernels, without spans: of traces of any length. */
export function traceOverlaps(
  files: readonly TraceFile[],
  communicates: IsCommunication = isCommunication,
): (RankOverlap & { readonly rank: number })[] {
  return placedIn(files)
    .flatMap(({ file, ranks }) =>
      ranks.map((rank, process) => {
        const [compute, comm]: [Interval[], Interval[]] = [[], []];
        const { kernels, own } = file;
        const talks = kernels.names.map(communicates);
        for (let i = 0; i < kernels.count; i++)
          if (kernels.process[i] === process)
            (talks[kernels.name[i]!] ? comm : compute).push([
              kernels.start[i]!,
              kernels.start[i]! + kernels.length[i]!,
            ]);
        for (const { kind, process: of, name, start, end } of own)
          if (kind === 'kernel' && of === process) (communicates(name) ? comm : compute).push([start, end]);
        return { rank, ...overlapOfIntervals(compute, comm) };
      }),
    )
    .toSorted((a, b) => a.rank - b.rank);
}

/** Whether a kernel of the files communicates. */
export const hasCommunication = (files: readonly TraceFile[], communicates: IsCommunication): boolean =>
  files.some(({ kernels, own }) => kernels.names.some(communicates) || own.some(({ name }) => communicates(name)));

/** When its first event begins, by the run's clock. */
function firstOf({ file: { kernels, own }, later }: Placed): number {
  let first = Number.POSITIVE_INFINITY;
  for (const start of kernels.start) if (start < first) first = start;
  for (const { start } of own) if (start < first) first = start;
  return first + later;
}

/** A file's only process is the rank that it is of; of several each is one, our own by their numbers. */
function placedIn(files: readonly TraceFile[]): Placed[] {
  // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigint
  const first = files.map(({ origin }) => origin).reduce((min, own) => (own < min ? own : min));
  return files.map((file) => {
    const { processes, own, origin } = file;
    const numbers = processes.map(Number);
    const isOwn = own.length > 0 && numbers.every((rank) => Number.isInteger(rank) && rank >= 0 && rank < MOST_RANKS);
    const single = processes.length === 1 ? rankOf(file) : null;
    const order = processes.toSorted(inOrder);
    const ranks = isOwn ? numbers : single !== null ? [single] : processes.map((process) => order.indexOf(process));
    return { file, ranks, later: Number(origin - first) / 1e6 };
  });
}

function kernelsIn({ file: { kernels }, ranks, later }: Placed, communicates: IsCommunication): Span[] {
  const kinds = kernels.names.map((name) => kernelKind(name, communicates));
  return Array.from({ length: kernels.count }, (_, i) => {
    const place = kernels.name[i]!;
    const start = kernels.start[i]! + later;
    const rank = ranks[kernels.process[i]!]!;
    return foreignSpan(kernels.names[place]!, kinds[place]!, rank, start, start + kernels.length[i]!);
  });
}

function foreignSpan(name: string, block: KernelKind, rank: number, start: number, end: number): Span {
  const common = { ...UNKNOWN, rank, name, block, start, end };
  return block === 'communication'
    ? { kind: 'collective', ...common, sentBytes: 0, receivedBytes: 0 }
    : { kind: 'compute', ...common, ...UNKNOWN_KERNEL, pieces: [[start, end]] };
}

/** What others' traces do not say. */
const UNKNOWN = { op: -1, phase: 'forward', layer: null, source: 'gpu' } as const;
const UNKNOWN_KERNEL = {
  kernel: null,
  turnAt: null,
  sharing: 1,
  uncertain: false,
  gpuMs: null,
  flops: null,
  submitted: null,
  awaited: null,
} as const;

const time = z.number().optional().catch(undefined);
const amount = z.number().nonnegative().optional().catch(undefined);
const count = z.number().int().nonnegative().optional().catch(undefined);
/** What our own events say; whatever else stands in an argument of that name is left out. */
const Args = z.object({
  operation: z.string(),
  op: z.number().int().catch(-1),
  block: z.string().optional().catch(undefined),
  layer: z.number().int().nonnegative().nullable().catch(null),
  source: z.enum(TIME_SOURCES).optional().catch(undefined),
  // What `source` was called in earlier traces.
  clock: z.enum(['gpu', 'host']).optional().catch(undefined),
  phase: z.enum(PHASES).catch('forward'),
  shader: z.string().optional().catch(undefined),
  gpu_us: amount,
  flops: amount,
  submitted_us: time,
  awaited_op: count,
  awaited_us: time,
  turn_us: time,
  sharing: z.number().int().positive().catch(1),
  piece: count,
  from_us: time,
  until_us: time,
  due_us: time,
  port_us: amount,
  uncertain: z.boolean().catch(false),
  sent: amount,
  received: amount,
  to: count,
  bytes: amount,
});
type Args = z.infer<typeof Args>;

function ownIn(
  { file, ranks, later }: Placed,
  known: ReadonlyMap<string, number>,
  communicates: IsCommunication,
): Span[] {
  const withKernels = new Set(file.own.flatMap(({ kind, process }) => (kind === 'kernel' ? process : [])));
  const read = file.own.flatMap((event): Read[] => {
    const args = Args.parse(event.args);
    const to = args.to === undefined ? undefined : known.get(String(args.to));
    // Messages to a rank that is not there, and copies of one that computes nothing, lead nowhere.
    if (event.kind === 'copy' && (!withKernels.has(event.process) || (args.to !== undefined && to === undefined)))
      return [];
    return [ownSpan(event, args, ranks[event.process]!, to, communicates)];
  });
  return withPieces(read).map((span) => laterBy(span, later));
}

function ownSpan(
  { name, kind, start, end }: OwnEvent,
  args: Args,
  rank: number,
  to: number | undefined,
  communicates: IsCommunication,
): Read {
  const isCollective = kind === 'kernel' && communicates(name);
  const block = BLOCKS.find((known) => known === args.block);
  const common = {
    op: args.op,
    rank,
    name: args.operation,
    block: block ?? kernelKind(name, communicates),
    phase: args.phase,
    layer: args.layer,
    start,
    end,
    source: args.source ?? args.clock ?? ((isCollective || kind === 'copy') && block ? 'host' : 'gpu'),
  } as const;
  const bytes = args.bytes ?? 0;
  if (kind === 'copy' && to === undefined) return { kind: 'copy', ...common, bytes };
  if (kind === 'copy') {
    // Where messages of a rank overlap, the event is what of it lies beyond the others.
    const until = args.until_us ?? end;
    const portMs = args.port_us === undefined ? null : args.port_us / 1000;
    return {
      kind: 'message',
      ...common,
      start: args.from_us ?? start,
      end: until,
      to: to!,
      bytes,
      due: args.due_us ?? until,
      portMs,
    };
  }
  if (isCollective)
    return { kind: 'collective', ...common, sentBytes: args.sent ?? 0, receivedBytes: args.received ?? 0 };
  const { awaited_op, awaited_us } = args;
  return {
    kind: 'compute',
    ...common,
    pieces: [[start, end]],
    piece: args.piece ?? 0,
    turnAt: args.turn_us ?? null,
    sharing: args.sharing,
    kernel: args.shader ?? null,
    uncertain: args.uncertain,
    gpuMs: args.gpu_us === undefined ? null : args.gpu_us / 1000,
    flops: args.flops ?? null,
    submitted: args.submitted_us ?? null,
    awaited: awaited_op === undefined || awaited_us === undefined ? null : { op: awaited_op, at: awaited_us },
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
