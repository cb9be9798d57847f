import fc from 'fast-check';
import { expect, test } from 'vitest';
import { overlapOf } from '../../src/trace/overlap';
import type { Span } from '../../src/trace/span';
import { toChromeTrace } from '../../src/trace/write_trace';
import { holisticOverlap } from './holistic_reading';
import { spansOf } from './read_texts';

const RANKS = 3;
const time = fc.double({ min: 0, max: 50, noNaN: true });
const spans: fc.Arbitrary<Span[]> = fc
  .array(
    fc.record({
      rank: fc.nat(RANKS - 1),
      to: fc.nat(RANKS - 1),
      from: time,
      length: fc.double({ min: 0.001, max: 50, noNaN: true }),
      kind: fc.constantFrom('compute', 'collective', 'message'),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((drawn) =>
    drawn.map(({ rank, to, from, length, kind }, op): Span => {
      const common = {
        op,
        rank,
        name: `op ${op}`,
        block: 'routed',
        phase: 'forward' as const,
        layer: 1,
        start: from,
        end: from + length,
        source: 'gpu' as const,
      };
      if (kind === 'collective') return { kind, ...common, block: 'dispatch', sentBytes: 1, receivedBytes: 1 };
      if (kind === 'message') return { kind, ...common, to, bytes: 7, due: from, portMs: null };
      return {
        kind: 'compute',
        ...common,
        kernel: null,
        pieces:
          op % 2 === 0
            ? [[from, from + length]]
            : [
                [from, from + length / 4],
                [from + length / 2, from + length],
              ],
        turnAt: null,
        sharing: 1,
        uncertain: false,
        gpuMs: length,
        flops: 3,
        submitted: from,
        awaited: null,
      };
    }),
  );

test('a trace has the overlap of its spans, read by counting and read in again', async () => {
  await fc.assert(
    fc.asyncProperty(spans, async (given) => {
      const text = JSON.stringify(toChromeTrace(given, RANKS));
      const counted = holisticOverlap(text);
      const kernels = given.some(({ kind }) => kind !== 'message');
      const again = kernels ? (await spansOf({ a: text })).spans : [];
      // Messages to a rank without a kernel are not there when read in again.
      const messagesIn = (list: readonly Span[]) =>
        list.flatMap((span) => (span.kind === 'message' ? [`${span.op} ${span.end - span.start < 0}`] : [])).sort();
      if (
        given.every(({ kind }) => kind !== 'message') ||
        new Set(given.filter(({ kind }) => kind !== 'message').map(({ rank }) => rank)).size === RANKS
      )
        expect(messagesIn(again)).toEqual(messagesIn(given));
      for (let rank = 0; rank < RANKS; rank++) {
        const own = overlapOf(given, rank);
        if (own.commMs < 1e-6) continue;
        expect(counted.get(rank)!).toBeCloseTo(own.hiddenMs / own.commMs, 6);
        const back = overlapOf(again, rank);
        expect(back.commMs).toBeCloseTo(own.commMs, 6);
        expect(back.hiddenMs).toBeCloseTo(own.hiddenMs, 6);
        expect(back.computeMs).toBeCloseTo(own.computeMs, 6);
      }
    }),
  );
});

test('a run of ours comes back from its trace with its messages, its waits and its numbers', async () => {
  const at = (op: number, rank: number, start: number, end: number) =>
    ({ op, rank, name: `op ${op}`, block: 'routed', phase: 'backward', layer: 2, start, end, source: 'gpu' }) as const;
  const kernel = {
    kind: 'compute',
    kernel: 'gemm',
    uncertain: false,
    gpuMs: 0.5,
    flops: 8,
    sharing: 2,
    turnAt: 1,
  } as const;
  const whole = (start: number, end: number) => ({ ...kernel, pieces: [[start, end]] as const });
  const given: Span[] = [
    {
      ...at(1, 0, 0, 2),
      ...kernel,
      pieces: [
        [0, 0.5],
        [1, 2],
      ],
      submitted: 0,
      awaited: null,
    },
    { ...at(1, 1, 0.5, 2), ...whole(0.5, 2), submitted: 0.25, awaited: null, uncertain: true },
    { ...at(3, 0, 7, 9), ...whole(7, 9), submitted: 6.5, awaited: { op: 2, at: 6 } },
    { ...at(2, 0, 2, 6), kind: 'collective', block: 'dispatch', source: 'host', sentBytes: 12, receivedBytes: 34 },
    { ...at(2, 1, 2, 5), kind: 'collective', block: 'dispatch', source: 'host', sentBytes: 34, receivedBytes: 12 },
    { ...at(2, 0, 2, 5), kind: 'message', block: 'dispatch', source: 'host', to: 1, bytes: 12, due: 4, portMs: 1.5 },
    { ...at(2, 1, 2, 6), kind: 'message', block: 'dispatch', source: 'host', to: 0, bytes: 34, due: 6, portMs: null },
    { ...at(2, 1, 6, 6.5), kind: 'copy', block: 'dispatch', bytes: 12 },
  ];
  const { spans: again, ranks } = await spansOf({ a: JSON.stringify(toChromeTrace(given, 2)) });
  expect(ranks).toBe(2);
  const key = ({ kind, op, rank }: Span) => `${kind} ${op} ${rank}`;
  const sorted = (list: readonly Span[]) => list.toSorted((a, b) => key(a).localeCompare(key(b)));
  expect(sorted(again)).toEqual(sorted(given));
});

test('nothing overlaps in a thread, and each message has an arrow', () => {
  fc.assert(
    fc.property(spans, (given) => {
      const { traceEvents } = toChromeTrace(given, RANKS);
      const complete = traceEvents.filter(({ ph }) => ph === 'X');
      for (const key of new Set(complete.map(({ pid, tid }) => `${pid} ${tid}`))) {
        const own = complete.filter(({ pid, tid }) => `${pid} ${tid}` === key).toSorted((a, b) => a.ts! - b.ts!);
        own.slice(1).forEach((event, i) => {
          expect(event.ts!).toBeGreaterThanOrEqual(own[i]!.ts! + own[i]!.dur! - 1e-6);
        });
      }
      const messages = given.filter(({ kind }) => kind === 'message');
      expect(traceEvents.filter(({ ph }) => ph === 's')).toHaveLength(messages.length);
      expect(traceEvents.filter(({ ph }) => ph === 'f')).toHaveLength(messages.length);
    }),
  );
});
