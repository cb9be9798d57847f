import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTransfers } from '../../src/cluster/transfers';
import type { Link } from '../../src/cluster/wire';
import type { AllToAll } from '../../src/program/program';

const EXPERTS = 840; // divisible by 2 … 8 ranks
const op = (direction: 'dispatch' | 'combine'): AllToAll => ({
  kind: 'all-to-all',
  id: direction === 'dispatch' ? 0 : 1,
  name: direction,
  block: direction,
  layer: 0,
  direction,
  input: `${direction} in`,
  output: `${direction} out`,
  counts: 'counts',
  experts: EXPERTS,
});
const dispatch = op('dispatch');
const combine = op('combine');
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** rows[s][d] rows from rank s to rank d, announced in some order, at some times, over some link. */
const cases = fc.integer({ min: 2, max: 8 }).chain((ranks) =>
  fc.record({
    ranks: fc.constant(ranks),
    rows: fc.oneof<fc.Arbitrary<number[][]>[]>(
      fc.array(fc.array(fc.nat(5), { minLength: ranks, maxLength: ranks }), { minLength: ranks, maxLength: ranks }),
      fc.nat(ranks - 1).map((only) => range(ranks).map(() => range(ranks).map((d) => (d === only ? 7 : 0)))),
      fc.constant(range(ranks).map(() => range(ranks).map(() => 0))),
    ),
    order: fc.shuffledSubarray(range(ranks), { minLength: ranks, maxLength: ranks }),
    gaps: fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: ranks, maxLength: ranks }),
    link: fc.record({ latencyMs: fc.double({ min: 0, max: 3, noNaN: true }), bytesPerMs: fc.double({ min: 0.5, max: 1e9, noNaN: true }) }),
  }),
);

/** Drives Dispatch, then Combine with what Dispatch brought, on rows that are labels; answers what each rank holds after each. */
function exchange(ranks: number, rows: readonly (readonly number[])[], order: readonly number[], gaps: readonly number[], link: Link) {
  const sent = rows.map((own, s) => own.flatMap((count, d) => range(count).map((i) => `${s}→${d}#${i}`)));
  const received: string[][] = range(ranks).map(() => []);
  const returned: string[][] = range(ranks).map(() => []);
  const freed: string[] = [];
  const transfers = createTransfers(ranks, () => link, {
    rowBytes: () => 4,
    onExchange: () => {},
    onSent: ({ direction }, sender) => freed.push(`${direction} ${sender}`),
    copy: ({ direction }, sender, receiver, { count, from, to }) => {
      expect(freed).not.toContain(`${direction} ${sender}`);
      const [source, target] = direction === 'dispatch' ? [sent, received] : [received, returned];
      range(count).forEach((i) => {
        expect(target[receiver]![to + i]).toBeUndefined();
        target[receiver]![to + i] = source[sender]![from + i]!;
      });
    },
  });
  let now = 0;
  for (const collective of [dispatch, combine]) {
    order.forEach((rank, i) => {
      now += gaps[i]!;
      const counts = new Uint32Array(EXPERTS + ranks);
      rows[rank]!.forEach((count, d) => {
        counts[EXPERTS + d] = count;
      });
      transfers.announce(rank, collective, { readyAt: now, at: now }, collective === dispatch ? counts : null);
      transfers.deliver(now);
    });
    while (transfers.heldByAllAt(collective) === undefined) {
      now = transfers.nextEvent();
      transfers.deliver(now);
    }
  }
  return { sent, received, returned, freed, spans: transfers.spans(0) };
}

test('Dispatch permutes rows to their destinations and Combine brings each back to its place', () => {
  fc.assert(
    fc.property(cases, ({ ranks, rows, order, gaps, link }) => {
      const { sent, received, returned, freed } = exchange(ranks, rows, order, gaps, link);
      // Plainly: receiver d holds, source by source, the rows that were for it.
      expect(received).toEqual(range(ranks).map((d) => sent.flatMap((own) => own.filter((label) => label.includes(`→${d}#`)))));
      expect(returned).toEqual(sent);
      expect(freed).toHaveLength(2 * ranks);
    }),
  );
});

test('the wire carries just the rows that leave their rank, each as long as its link says, one at a time through a port', () => {
  fc.assert(
    fc.property(cases, ({ ranks, rows, order, gaps, link }) => {
      const { spans } = exchange(ranks, rows, order, gaps, link);
      const messages = spans.filter((span) => span.kind === 'message');
      const crossing = rows.flatMap((own, s) => own.filter((_, d) => d !== s)).reduce((a, b) => a + b, 0);
      expect(messages.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2 * 4 * crossing);
      for (const { start, end, bytes } of messages) {
        const least = bytes / link.bytesPerMs + link.latencyMs;
        expect(end - start).toBeGreaterThanOrEqual(least * (1 - 1e-9) - 1e-9);
        expect(end - start).toBeLessThanOrEqual(least * (1 + 1e-9) + 1e-9);
      }
      const busy = (port: (m: (typeof messages)[number]) => number) => {
        for (const rank of range(ranks)) {
          const own = messages.filter((m) => port(m) === rank).sort((a, b) => a.start - b.start);
          own.slice(1).forEach((m, i) => {
            expect(m.start).toBeGreaterThanOrEqual(own[i]!.start + own[i]!.bytes / link.bytesPerMs - 1e-9);
          });
        }
      };
      busy((m) => m.rank);
      busy((m) => m.to);
      // A rank's collective lasts from its own announcement until the last of its messages is there.
      for (const c of spans.filter((span) => span.kind === 'collective')) {
        expect(c.end).toBeGreaterThanOrEqual(c.start);
        for (const m of messages.filter(({ op: id, to }) => id === c.op && to === c.rank)) expect(m.end).toBeLessThanOrEqual(c.end);
      }
    }),
  );
});
