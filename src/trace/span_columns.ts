import { PHASES, type Phase } from '../program/program';
import { InputError } from '../words/error';
import { type Phrase, phrase } from '../words/phrase';
import { because, z } from '../words/zod';
import {
  type CollectiveSpan,
  type ComputeSpan,
  type CopySpan,
  type Interval,
  type MessageSpan,
  type Span,
  TIME_SOURCES,
} from './span';

/**
 * Spans as columns with names, times in whole numbers of a unit, so that they take a fraction of what they do as
 * objects: a tenth of a microsecond, and a nanosecond where others' traces tell times as exactly. What spans of an
 * operation have in common is said once, in `operations`, and named by its place there. Starts are given as differences
 * to the start before, so that they stay short.
 */
const TENTHS = 10_000;
const NANOSECONDS = 1_000_000;
// Columns are long: they are looked through in a loop of their own.
const columnOf = <T>(is: (value: unknown) => boolean, what: Phrase) =>
  z.custom<T[]>((value) => Array.isArray(value) && value.every(is), because(phrase`it should be a list of ${what}`));
const isIndex = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const column = columnOf<number>(Number.isSafeInteger, phrase`whole numbers`);
const indices = columnOf<number>(isIndex, phrase`whole numbers from 0 on`);
const orNull = columnOf<number | null>(
  (value) => value === null || Number.isSafeInteger(value),
  phrase`whole numbers, or null`,
);
const indicesOrNull = columnOf<number | null>(
  (value) => value === null || isIndex(value),
  phrase`whole numbers from 0 on, or null`,
);
const amounts = columnOf<number | null>(
  (value) => value === null || (Number.isFinite(value) && (value as number) >= 0),
  phrase`numbers from 0 on, or null`,
);
const flags = columnOf<0 | 1>((value) => value === 0 || value === 1, phrase`0 and 1`);
/** Names of templated kernels in others' traces can be longer; the rest is cut. */
const LONGEST_NAME = 500;
const isName = (value: unknown): boolean => typeof value === 'string' && value.length <= LONGEST_NAME;
const names = columnOf<string>(isName, phrase`names of at most ${LONGEST_NAME} characters`);
const namesOrNull = columnOf<string | null>(
  (value) => value === null || isName(value),
  phrase`names of at most ${LONGEST_NAME} characters, or null`,
);
const oneOf = <T extends string>(known: readonly T[]) =>
  columnOf<T>((value) => known.includes(value as T), phrase`${known.join(', ')}`);
/** Times in which a kernel did not run, between its start and its end: [from its start, length] of each. */
const openTimes = columnOf<readonly (readonly [number, number])[]>(
  (value) => Array.isArray(value) && value.every((own) => Array.isArray(own) && own.length === 2 && own.every(isIndex)),
  phrase`pairs of whole numbers from 0 on`,
);

export const SpanColumns = z.object({
  /** Units in a millisecond. */
  perMs: z.literal([TENTHS, NANOSECONDS]).default(TENTHS),
  operations: z.object({
    id: column,
    name: names,
    block: names,
    phase: oneOf<Phase>(PHASES),
    layer: indicesOrNull,
    kernel: namesOrNull,
    source: oneOf(TIME_SOURCES),
    /** Ranks that share a queue. */
    sharing: indices,
  }),
  compute: z.object({
    operation: indices,
    rank: indices,
    start: column,
    length: indices,
    open: openTimes,
    gpu: indicesOrNull,
    /** Time from the start until its own turn began. */
    turn: orNull,
    uncertain: flags,
    flops: amounts,
    /** Time from being submitted to the start. */
    queued: orNull,
    awaitedOp: orNull,
    /** Time from when what was awaited was there to the start. */
    awaitedBefore: orNull,
  }),
  collective: z.object({
    operation: indices,
    rank: indices,
    start: column,
    length: indices,
    sent: indices,
    received: indices,
  }),
  message: z.object({
    operation: indices,
    rank: indices,
    start: column,
    length: indices,
    to: indices,
    bytes: indices,
    /** Time from the start until the wire had brought it, and for which it held its ports. */
    due: indices,
    port: indicesOrNull,
  }),
  copy: z.object({ operation: indices, rank: indices, start: column, length: indices, bytes: indices }),
});
export type SpanColumns = z.infer<typeof SpanColumns>;

/** From ms to whole units. */
type ToUnits = (ms: number) => number;
/** From units to ms. */
type ToMs = (units: number) => number;

/** Spans in the order in which columns keep them: kernels, collectives, messages, copies. */
export const inColumnOrder = (spans: readonly Span[]): Span[] =>
  (['compute', 'collective', 'message', 'copy'] as const).flatMap((kind) => spans.filter((span) => span.kind === kind));

type OperationRow = { readonly [K in keyof SpanColumns['operations']]: SpanColumns['operations'][K][number] };

/** What a span has in common with the others of its operation. */
const rowOf = (span: Span): OperationRow => ({
  id: span.op,
  name: span.name.slice(0, LONGEST_NAME),
  block: span.block.slice(0, LONGEST_NAME),
  phase: span.phase,
  layer: span.layer,
  kernel: span.kind === 'compute' ? span.kernel : null,
  source: span.source,
  sharing: span.kind === 'compute' ? span.sharing : 0,
});

function toColumns(spans: readonly Span[]): SpanColumns {
  const perMs = spans.some(({ op }) => op < 0) ? NANOSECONDS : TENTHS;
  const units: ToUnits = (ms) => Math.round(ms * perMs);
  const rows: OperationRow[] = [];
  const places = new Map<string, number>();
  const place = (span: Span): number => {
    const row = rowOf(span);
    const key = JSON.stringify(row);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, rows.length);
    return rows.push(row) - 1;
  };
  const of = <K extends Span['kind']>(kind: K) =>
    spans.filter((span): span is Extract<Span, { kind: K }> => span.kind === kind);
  const common = (own: readonly Span[]) => ({
    operation: own.map(place),
    rank: own.map(({ rank }) => rank),
    start: own.map(({ start }, i) => units(start) - (i > 0 ? units(own[i - 1]!.start) : 0)),
    length: own.map(({ start, end }) => units(end) - units(start)),
  });
  const compute = of('compute');
  const collectives = of('collective');
  const messages = of('message');
  const copies = of('copy');
  return {
    perMs,
    compute: {
      ...common(compute),
      open: compute.map((span) => openOf(span, units)),
      turn: compute.map(({ start, turnAt }) => (turnAt === null ? null : units(turnAt) - units(start))),
      gpu: compute.map(({ gpuMs }) => (gpuMs === null ? null : units(gpuMs))),
      uncertain: compute.map(({ uncertain }) => (uncertain ? 1 : 0)),
      flops: compute.map(({ flops }) => flops),
      queued: compute.map(({ start, submitted }) => (submitted === null ? null : units(start) - units(submitted))),
      awaitedOp: compute.map(({ awaited }) => awaited?.op ?? null),
      awaitedBefore: compute.map(({ start, awaited }) => awaited && units(start) - units(awaited.at)),
    },
    collective: {
      ...common(collectives),
      sent: collectives.map(({ sentBytes }) => sentBytes),
      received: collectives.map(({ receivedBytes }) => receivedBytes),
    },
    message: {
      ...common(messages),
      to: messages.map(({ to }) => to),
      bytes: messages.map(({ bytes }) => bytes),
      due: messages.map(({ start, due }) => units(due) - units(start)),
      port: messages.map(({ portMs }) => (portMs === null ? null : units(portMs))),
    },
    copy: { ...common(copies), bytes: copies.map(({ bytes }) => bytes) },
    operations: {
      id: rows.map(({ id }) => id),
      name: rows.map(({ name }) => name),
      block: rows.map(({ block }) => block),
      phase: rows.map(({ phase }) => phase),
      layer: rows.map(({ layer }) => layer),
      kernel: rows.map(({ kernel }) => kernel),
      source: rows.map(({ source }) => source),
      sharing: rows.map(({ sharing }) => sharing),
    },
  };
}

/** The times between a kernel's pieces; those that are nothing in the columns' unit are left out. */
function openOf({ start, pieces }: ComputeSpan, units: ToUnits): (readonly [number, number])[] {
  return pieces.slice(1).flatMap(([from], i) => {
    const [open, until] = [units(pieces[i]![1]), units(from)];
    return until > open ? [[open - units(start), until - open] as const] : [];
  });
}

/** Pieces of a kernel that began at `start` and took `length`, in units, to ms. */
function piecesIn(start: number, length: number, open: readonly (readonly [number, number])[], toMs: ToMs): Interval[] {
  const starts = [0, ...open.map(([from, took]) => from + took)];
  const ends = [...open.map(([from]) => from), length];
  return starts.map((from, i): Interval => [toMs(start + from), toMs(start + ends[i]!)]);
}

/** Throws InputError when columns differ in length, or name an operation that there is not. */
function fromColumns({ perMs, operations, compute, collective, message, copy }: SpanColumns): Span[] {
  const toMs: ToMs = (units) => units / perMs;
  for (const group of [operations, compute, collective, message, copy])
    if (new Set(Object.values(group).map(({ length }) => length)).size > 1)
      throw new InputError(phrase`the columns of its spans differ in length, so it is not whole`);
  const common = (group: Pick<SpanColumns['collective'], 'operation' | 'rank' | 'start' | 'length'>) => {
    let start = 0;
    return group.start.map((difference, i) => {
      start += difference;
      const own = group.operation[i]!;
      if (own >= operations.id.length)
        throw new InputError(phrase`it has a span of operation ${own}, which it does not list`);
      return {
        at: {
          op: operations.id[own]!,
          rank: group.rank[i]!,
          name: operations.name[own]!,
          block: operations.block[own]!,
          phase: operations.phase[own]!,
          layer: operations.layer[own]!,
          start: toMs(start),
          end: toMs(start + group.length[i]!),
          source: operations.source[own]!,
        },
        kernel: operations.kernel[own]!,
        sharing: operations.sharing[own]!,
        start,
      };
    });
  };
  return [
    ...common(compute).map(({ at, kernel, sharing, start }, i): ComputeSpan => {
      const gpu = compute.gpu[i]!;
      const awaitedOp = compute.awaitedOp[i]!;
      const queued = compute.queued[i]!;
      const turn = compute.turn[i]!;
      return {
        kind: 'compute',
        ...at,
        pieces: piecesIn(start, compute.length[i]!, compute.open[i]!, toMs),
        turnAt: turn === null ? null : toMs(start + turn),
        sharing: Math.max(1, sharing),
        kernel,
        gpuMs: gpu === null ? null : toMs(gpu),
        uncertain: compute.uncertain[i] === 1,
        flops: compute.flops[i]!,
        submitted: queued === null ? null : toMs(start - queued),
        awaited: awaitedOp === null ? null : { op: awaitedOp, at: toMs(start - (compute.awaitedBefore[i] ?? 0)) },
      };
    }),
    ...common(collective).map(
      ({ at }, i): CollectiveSpan => ({
        kind: 'collective',
        ...at,
        sentBytes: collective.sent[i]!,
        receivedBytes: collective.received[i]!,
      }),
    ),
    ...common(message).map(({ at, start }, i): MessageSpan => {
      const port = message.port[i]!;
      return {
        kind: 'message',
        ...at,
        to: message.to[i]!,
        bytes: message.bytes[i]!,
        due: toMs(start + message.due[i]!),
        portMs: port === null ? null : toMs(port),
      };
    }),
    ...common(copy).map(({ at }, i): CopySpan => ({ kind: 'copy', ...at, bytes: copy.bytes[i]! })),
  ];
}

/** Spans in the lab, columns in its files. */
export const Spans = z.codec(SpanColumns, z.custom<readonly Span[]>(), { decode: fromColumns, encode: toColumns });

/** The first device beyond `ranks` that spans name; null when there is none. */
export function strangerIn(spans: readonly Span[], ranks: number): number | null {
  for (const span of spans) {
    if (span.rank >= ranks) return span.rank;
    if (span.kind === 'message' && span.to >= ranks) return span.to;
  }
  return null;
}
