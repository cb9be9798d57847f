import { KERNEL_NAMES, type KernelName } from '../program/kernels';
import { BLOCKS } from '../program/program';
import { InputError } from '../words/error';
import { type Phrase, phrase } from '../words/phrase';
import { because, z } from '../words/zod';
import type { CollectiveSpan, ComputeSpan, MessageSpan, Span } from './span';

/**
 * Spans as columns of whole numbers, a tenth of a microsecond being the unit of time: a fraction of what they take as
 * objects. What spans of an operation have in common is said once, in `operations`, and named by its place there.
 * Starts are given as differences to the start before, so that they stay short.
 */
const whole = z.number().int();
const index = whole.min(0);
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
const kernels = KERNEL_NAMES as [KernelName, ...KernelName[]];
export const SpanColumns = z.object({
  operations: z.array(
    z.tuple([
      whole,
      z.string().max(LONGEST_NAME),
      z.enum(BLOCKS),
      index.nullable(),
      z.enum(kernels).nullable(),
      z.enum(['gpu', 'host']),
    ]),
  ),
  compute: z.object({
    operation: indices,
    rank: indices,
    start: column,
    length: indices,
    gpu: indicesOrNull,
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
  message: z.object({ operation: indices, rank: indices, start: column, length: indices, to: indices, bytes: indices }),
});
export type SpanColumns = z.infer<typeof SpanColumns>;

const PER_MS = 10_000;
const units = (ms: number): number => Math.round(ms * PER_MS);
const toMs = (units: number): number => units / PER_MS;

/** Spans in the order in which columns keep them: kernels, collectives, messages. */
export const inColumnOrder = (spans: readonly Span[]): Span[] =>
  (['compute', 'collective', 'message'] as const).flatMap((kind) => spans.filter((span) => span.kind === kind));

export function toColumns(spans: readonly Span[]): SpanColumns {
  const operations: SpanColumns['operations'] = [];
  const places = new Map<string, number>();
  const place = (span: Span): number => {
    const row: SpanColumns['operations'][number] = [
      span.op,
      span.name.slice(0, LONGEST_NAME),
      span.block,
      span.layer,
      span.kind === 'compute' ? span.kernel : null,
      span.clock,
    ];
    const key = JSON.stringify(row);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, operations.length);
    return operations.push(row) - 1;
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
  return {
    compute: {
      ...common(compute),
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
    message: { ...common(messages), to: messages.map(({ to }) => to), bytes: messages.map(({ bytes }) => bytes) },
    operations,
  };
}

/** Throws InputError when columns differ in length, or name an operation or rank that there is not. */
export function fromColumns({ operations, compute, collective, message }: SpanColumns, ranks: number): Span[] {
  for (const group of [compute, collective, message])
    if (new Set(Object.values(group).map(({ length }) => length)).size > 1)
      throw new InputError(phrase`The columns of its spans differ in length; the file is not whole.`);
  const rankIn = (rank: number): number => {
    if (rank >= ranks) throw new InputError(phrase`It has a span of device ${rank}, but ${ranks} devices.`);
    return rank;
  };
  const common = (group: Pick<SpanColumns['collective'], 'operation' | 'rank' | 'start' | 'length'>) => {
    let start = 0;
    return group.start.map((difference, i) => {
      start += difference;
      const row = operations[group.operation[i]!];
      if (!row)
        throw new InputError(phrase`It has a span of operation ${group.operation[i]!}, which it does not list.`);
      const [op, name, block, layer, kernel, clock] = row;
      const rank = rankIn(group.rank[i]!);
      return {
        at: { op, rank, name, block, layer, start: toMs(start), end: toMs(start + group.length[i]!), clock },
        kernel,
        start,
      };
    });
  };
  return [
    ...common(compute).map(({ at, kernel, start }, i): ComputeSpan => {
      const gpu = compute.gpu[i]!;
      const awaitedOp = compute.awaitedOp[i]!;
      const queued = compute.queued[i]!;
      return {
        kind: 'compute',
        ...at,
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
    ...common(message).map(
      ({ at }, i): MessageSpan => ({ kind: 'message', ...at, to: rankIn(message.to[i]!), bytes: message.bytes[i]! }),
    ),
  ];
}
