import fc from 'fast-check';
import { expect, test } from 'vitest';
import { INSTANT, type Link } from '../../src/network/link';
import { createTransfers, type Transfers } from '../../src/network/transfers';
import type { AllToAll, Collective, Spread } from '../../src/program/program';
import { allGather, ONE_ROW } from './collectives';

const EXPERTS = 840; // divisible by 2 … 8 ranks
const op = (direction: 'dispatch' | 'combine'): AllToAll => ({
  kind: 'all-to-all',
  id: direction === 'dispatch' ? 0 : 1,
  name: direction,
  block: direction,
  phase: 'forward',
  layer: 0,
  direction,
  input: `${direction} in`,
  output: `${direction} out`,
  exchange: 'routed',
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
    link: fc.record({
      latencyMs: fc.double({ min: 0, max: 3, noNaN: true }),
      bytesPerMs: fc.double({ min: 0.5, max: 1e9, noNaN: true }),
    }),
  }),
);

/** Goes on until a collective has arrived; when it does was said right as soon as it was said. Answers when it is. */
function deliverAll(transfers: Transfers, op: Collective, since: number): number {
  const settled: (number | undefined)[] = [];
  let now = since;
  while (transfers.arrivedEverywhereAt(op) === undefined) {
    now = transfers.nextEvent();
    settled.push(transfers.endsAt(op));
    transfers.deliver(now);
  }
  for (const at of [...settled.filter((at) => at !== undefined), transfers.endsAt(op)])
    expect(at).toBe(transfers.arrivedEverywhereAt(op));
  return now;
}

/**
 * Drives Dispatch, then Combine with what Dispatch brought, on rows that are labels; answers what each rank holds after
 * each.
 */
function exchange(
  ranks: number,
  rows: readonly (readonly number[])[],
  order: readonly number[],
  gaps: readonly number[],
  link: Link,
  /** After so many announcements all copies are made ahead, if that can be. */
  aheadAfter = Number.POSITIVE_INFINITY,
  /** Whether collectives are announced ahead that can be. */
  unwired = false,
) {
  const couldGoAhead: boolean[] = [];
  const sent = rows.map((own, s) => own.flatMap((count, d) => range(count).map((i) => `${s}→${d}#${i}`)));
  const received: string[][] = range(ranks).map(() => []);
  const returned: string[][] = range(ranks).map(() => []);
  const freed: string[] = [];
  const transfers = createTransfers(ranks, () => link, {
    rowBytes: () => 4,
    rowsOf: () => 0,
    expertsOf: () => EXPERTS,
    onExchange: () => {},
    onSent: (op, sender) => freed.push(`${(op as AllToAll).direction} ${sender}`),
    copy: (op, receiver, parts) => {
      const { direction } = op as AllToAll;
      const [source, target] = direction === 'dispatch' ? [sent, received] : [received, returned];
      for (const { sender, count, from, to } of parts) {
        expect(freed).not.toContain(`${direction} ${sender}`);
        range(count).forEach((i) => {
          expect(target[receiver]![to + i]).toBeUndefined();
          target[receiver]![to + i] = source[sender]![from + i]!;
        });
      }
    },
  });
  let now = 0;
  for (const collective of [dispatch, combine]) {
    if (unwired && couldGoAhead.push(transfers.announceAhead(collective, now)) && couldGoAhead.at(-1)) continue;
    const goAhead = (announced: number) => {
      if (announced === aheadAfter) couldGoAhead.push(transfers.copyAhead(collective));
    };
    order.forEach((rank, i) => {
      goAhead(i);
      now += gaps[i]!;
      const counts = new Uint32Array(EXPERTS + ranks);
      rows[rank]!.forEach((count, d) => {
        counts[EXPERTS + d] = count;
      });
      transfers.announce(rank, collective, { readyAt: now, at: now }, collective === dispatch ? counts : null);
      transfers.deliver(now);
    });
    goAhead(ranks);
    now = deliverAll(transfers, collective, now);
  }
  return {
    transfers,
    couldGoAhead,
    sent,
    received,
    returned,
    freed,
    collectives: transfers.collectives(),
    messages: transfers.messages(),
  };
}

test('Dispatch permutes rows to their destinations and Combine brings each back to its place', () => {
  fc.assert(
    fc.property(cases, ({ ranks, rows, order, gaps, link }) => {
      const { sent, received, returned, freed } = exchange(ranks, rows, order, gaps, link);
      // Plainly: receiver d holds, source by source, the rows that were for it.
      expect(received).toEqual(
        range(ranks).map((d) => sent.flatMap((own) => own.filter((label) => label.includes(`→${d}#`)))),
      );
      expect(returned).toEqual(sent);
      expect(freed).toHaveLength(2 * ranks);
    }),
  );
});

test('copies made ahead are those that are made otherwise, once each; Dispatch needs all counts for them', () => {
  fc.assert(
    fc.property(cases, fc.nat(8), ({ ranks, rows, order, gaps, link }, after) => {
      const aheadAfter = Math.min(after, ranks);
      const { couldGoAhead, transfers: _, ...ahead } = exchange(ranks, rows, order, gaps, link, aheadAfter);
      expect(couldGoAhead).toEqual([aheadAfter === ranks, true]);
      const { couldGoAhead: __, transfers: ___, ...plain } = exchange(ranks, rows, order, gaps, link);
      expect(ahead).toEqual(plain);
    }),
  );
});

test('without a wire Combine is announced ahead, with the same copies, and was when that is told', () => {
  fc.assert(
    fc.property(cases, ({ ranks, rows, order, gaps }) => {
      const plain = exchange(ranks, rows, order, gaps, INSTANT);
      const found = exchange(ranks, rows, order, gaps, INSTANT, undefined, true);
      // Of Dispatch the rows are not known yet.
      expect(found.couldGoAhead).toEqual([false, true]);
      const { received, returned, transfers } = found;
      expect({ received, returned }).toEqual({ received: plain.received, returned: plain.returned });
      expect(found.freed.toSorted()).toEqual(plain.freed.toSorted());
      expect(transfers.announcedAhead()).toEqual([combine]);
      const ofDispatch = <T extends { readonly op: Collective }>(own: readonly T[]) =>
        own.filter(({ op }) => op === dispatch);
      expect(found.collectives).toEqual(ofDispatch(plain.collectives));
      expect(found.messages).toEqual(ofDispatch(plain.messages));
      transfers.passed(combine, 1000);
      const at = { readyAt: 1000, dueAt: 1000, heldAt: 1000 };
      const passed = transfers.collectives().filter(({ op }) => op === combine);
      expect(passed).toEqual(plain.collectives.flatMap((own) => (own.op === combine ? [{ ...own, ...at }] : [])));
      const bytesOf = (messages: typeof plain.messages) =>
        messages
          .filter(({ op }) => op === combine)
          .map(({ from, to, bytes }) => [from, to, bytes])
          .toSorted();
      expect(bytesOf(transfers.messages())).toEqual(bytesOf(plain.messages));
      for (const { op, leftAt, dueAt, heldAt } of transfers.messages())
        if (op === combine) expect([leftAt, dueAt, heldAt]).toEqual([1000, 1000, 1000]);
      expect(range(ranks).map((rank) => transfers.waitedUntil(combine, rank))).toEqual(range(ranks).map(() => 1000));
    }),
  );
});

test('the wire carries just the rows that leave their rank, each as long as its link says, one at a time through a port', () => {
  fc.assert(
    fc.property(cases, ({ ranks, rows, order, gaps, link }) => {
      const { collectives, messages } = exchange(ranks, rows, order, gaps, link);
      const crossing = rows.flatMap((own, s) => own.filter((_, d) => d !== s)).reduce((a, b) => a + b, 0);
      expect(messages.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2 * 4 * crossing);
      for (const { leftAt, heldAt, bytes } of messages) {
        const least = bytes / link.bytesPerMs + link.latencyMs;
        expect(heldAt - leftAt).toBeGreaterThanOrEqual(least * (1 - 1e-9) - 1e-9);
        expect(heldAt - leftAt).toBeLessThanOrEqual(least * (1 + 1e-9) + 1e-9);
      }
      const busy = (port: (m: (typeof messages)[number]) => number) => {
        for (const rank of range(ranks)) {
          const own = messages.filter((m) => port(m) === rank).sort((a, b) => a.leftAt - b.leftAt);
          own.slice(1).forEach((m, i) => {
            expect(m.leftAt).toBeGreaterThanOrEqual(own[i]!.leftAt + own[i]!.bytes / link.bytesPerMs - 1e-9);
          });
        }
      };
      busy((m) => m.from);
      busy((m) => m.to);
      // A rank's collective lasts from its own announcement until the last of its messages is there.
      for (const c of collectives) {
        expect(c.heldAt).toBeGreaterThanOrEqual(c.readyAt);
        for (const m of messages.filter(({ op: own, to }) => own === c.op && to === c.rank))
          expect(m.heldAt).toBeLessThanOrEqual(c.heldAt);
      }
    }),
  );
});

const spreads = fc.integer({ min: 1, max: 6 }).chain((ranks) =>
  fc.record({
    ranks: fc.constant(ranks),
    kind: fc.constantFrom('all-gather' as const, 'reduce-scatter' as const),
    algorithm: fc.constantFrom('direct' as const, 'ring' as const),
    parts: fc.array(fc.nat(4), { minLength: ranks, maxLength: ranks }),
    order: fc.shuffledSubarray(range(ranks), { minLength: ranks, maxLength: ranks }),
    gaps: fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: ranks, maxLength: ranks }),
    link: fc.record({
      latencyMs: fc.double({ min: 0, max: 3, noNaN: true }),
      bytesPerMs: fc.double({ min: 0.5, max: 1e9, noNaN: true }),
    }),
  }),
);

test('all-gather and reduce-scatter bring every part to its place, straight or round a ring, with the bytes that each way takes', () => {
  fc.assert(
    fc.property(spreads, ({ ranks, kind, algorithm, parts, order, gaps, link }) => {
      const spread: Spread = {
        kind,
        algorithm,
        id: 0,
        name: kind,
        block: 'all-reduce',
        phase: 'forward',
        layer: 0,
        input: 'in',
        output: 'out',
      };
      const whole = parts.flatMap((count, part) => range(count).map((i) => `${part}#${i}`));
      const inputs = range(ranks).map((s) =>
        (kind === 'all-gather' ? whole.filter((label) => label.startsWith(`${s}#`)) : whole).map(
          (label) => `${s}:${label}`,
        ),
      );
      const outputs: string[][] = range(ranks).map(() => []);
      const freed: number[] = [];
      const transfers = createTransfers(ranks, () => link, {
        rowBytes: () => 4,
        rowsOf: (value, rank) =>
          value === 'in' ? inputs[rank]!.length : kind === 'all-gather' ? whole.length : parts[rank]! * ranks,
        expertsOf: () => 0,
        onExchange: () => {},
        onSent: (_, sender) => freed.push(sender),
        copy: (_, receiver, sentRows) => {
          for (const { sender, count, from, to } of sentRows) {
            expect(freed).not.toContain(sender);
            range(count).forEach((i) => {
              expect(outputs[receiver]![to + i]).toBeUndefined();
              outputs[receiver]![to + i] = inputs[sender]![from + i]!;
            });
          }
        },
      });
      let now = 0;
      order.forEach((rank, i) => {
        now += gaps[i]!;
        transfers.announce(rank, spread, { readyAt: now, at: now }, null);
        transfers.deliver(now);
      });
      deliverAll(transfers, spread, now);
      const of = (s: number, d: number) =>
        inputs[s]!.filter((label) => kind === 'all-gather' || label.startsWith(`${s}:${d}#`));
      expect(outputs).toEqual(range(ranks).map((d) => range(ranks).flatMap((s) => of(s, d))));
      expect(freed.toSorted()).toEqual(range(ranks));
      // Either way each part crosses a link N - 1 times; round a ring, each time between neighbours.
      const messages = transfers.messages();
      expect(messages.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(4 * (ranks - 1) * whole.length);
      if (algorithm === 'ring') for (const { from, to } of messages) expect(to).toBe((from + 1) % ranks);
    }),
  );
});

test('what is there at one time is copied at once, a rank’s own rows with it; what is copied ahead is not copied again', () => {
  const copies = (aheadFirst: boolean) => {
    const made: string[] = [];
    const transfers = createTransfers(3, () => ({ latencyMs: 1, bytesPerMs: 4 }), {
      ...ONE_ROW,
      copy: (_, receiver, parts) => made.push(`${receiver} from ${parts.map(({ sender }) => sender)}`),
    });
    const spread = allGather('direct');
    for (const rank of [0, 1, 2]) transfers.announce(rank, spread, { readyAt: 0, at: 0 }, null);
    if (aheadFirst) expect(transfers.copyAhead(spread)).toBe(true);
    transfers.deliver(2);
    made.push('first');
    transfers.deliver(3);
    return made;
  };
  // Each rank sends to its successor first, then to the other.
  const ones = ['0 from 0,2', '1 from 1,0', '2 from 2,1', 'first', '0 from 1', '1 from 2', '2 from 0'];
  expect(copies(false)).toEqual(ones);
  expect(copies(true)).toEqual(['0 from 0,1,2', '1 from 0,1,2', '2 from 0,1,2', 'first']);
});

test.each(['direct', 'ring'] as const)(
  '%s: what the host hears of late arrives no sooner, but leaves when it was ready',
  (algorithm) => {
    const spread = allGather(algorithm);
    const heardAt = (at: number) => {
      const transfers = createTransfers(2, () => ({ latencyMs: 0, bytesPerMs: 1 }), ONE_ROW);
      transfers.announce(0, spread, { readyAt: 10, at }, null);
      transfers.deliver(11);
      expect(transfers.endsAt(spread)).toBeUndefined();
      transfers.announce(1, spread, { readyAt: 10, at }, null);
      // That it will have arrived is settled as soon as all of it has left.
      expect(transfers.endsAt(spread)).toBeUndefined();
      transfers.deliver(11);
      const settled = transfers.endsAt(spread);
      expect(transfers.arrivedEverywhereAt(spread)).toBeUndefined();
      transfers.deliver(100);
      return {
        settled,
        ready: transfers.collectives().map(({ readyAt }) => readyAt),
        left: transfers.messages().map(({ leftAt }) => leftAt),
        arrived: transfers.arrivedEverywhereAt(spread),
      };
    };
    const early = { ready: [10, 10], left: [10, 10] };
    expect([10, 13, 17].map(heardAt)).toEqual([14, 14, 17].map((arrived) => ({ ...early, settled: arrived, arrived })));
  },
);

test('that all of a collective has left is said of it alone, and of what a ring hands on only once it has', () => {
  const [first, second] = [allGather('direct'), { ...allGather('direct'), id: 1, name: 'second' }];
  const transfers = createTransfers(2, () => ({ latencyMs: 0, bytesPerMs: 1 }), ONE_ROW);
  for (const op of [first, second])
    for (const rank of [0, 1]) transfers.announce(rank, op, { readyAt: 0, at: 0 }, null);
  transfers.deliver(1);
  // The second waits for the ports.
  expect([first, second].map(transfers.endsAt)).toEqual([4, undefined]);
  transfers.deliver(5);
  expect([first, second].map(transfers.endsAt)).toEqual([4, 8]);

  const ring = allGather('ring');
  const round = createTransfers(3, () => ({ latencyMs: 0, bytesPerMs: 1 }), ONE_ROW);
  for (const rank of range(3)) round.announce(rank, ring, { readyAt: 0, at: 0 }, null);
  round.deliver(1);
  expect(round.endsAt(ring)).toBeUndefined();
  round.deliver(5);
  expect(round.endsAt(ring)).toBe(8);
});

// A collective may be announced while what follows an arrival is handed over: what it hands on comes first all the
// same.
test('a ring’s message that could leave sooner goes before those of a collective that is announced later', () => {
  const ring = allGather('ring');
  const other = { ...allGather('direct'), id: 1, name: 'other' };
  const transfers = createTransfers(3, () => ({ latencyMs: 0, bytesPerMs: 0.4 }), ONE_ROW);
  for (const rank of range(3)) transfers.announce(rank, ring, { readyAt: 0, at: 0 }, null);
  transfers.deliver(0);
  transfers.deliver(11);
  for (const rank of range(3)) transfers.announce(rank, other, { readyAt: 11, at: 12 }, null);
  transfers.deliver(100);
  expect([ring, other].map(transfers.arrivedEverywhereAt)).toEqual([20, 40]);
});

test('a ring hands on parts of others: a message is held once the device has taken in whose rows it brought', () => {
  const ring = allGather('ring');
  const transfers = createTransfers(3, () => ({ latencyMs: 0, bytesPerMs: 1 }), ONE_ROW);
  for (const rank of range(3)) transfers.announce(rank, ring, { readyAt: 0, at: 0 }, null);
  transfers.deliver(100);
  // Rank 2 takes in the part of rank 0, which rank 1 handed on, at 50.
  transfers.tookIn(ring, 0, 2, 50);
  expect(transfers.messages().map(({ from, to, heldAt }) => [from, to, heldAt])).toEqual([
    [0, 1, 4],
    [1, 2, 4],
    [2, 0, 4],
    [0, 1, 8],
    [1, 2, 50],
    [2, 0, 8],
  ]);
});

test('a device of its own holds a message once it has taken it in; who waited goes on when all have arrived and its own are in', () => {
  const spread = allGather('direct');
  const transfers = createTransfers(2, () => ({ latencyMs: 0, bytesPerMs: 1 }), ONE_ROW);
  transfers.announce(0, spread, { readyAt: 0, at: 0 }, null);
  transfers.announce(1, spread, { readyAt: 6, at: 6 }, null);
  transfers.deliver(100);
  const held = () => transfers.collectives().map(({ heldAt }) => heldAt);
  expect(held()).toEqual([10, 6]);
  expect([0, 1].map((rank) => transfers.waitedUntil(spread, rank))).toEqual([10, 10]);
  transfers.tookIn(spread, 1, 0, 13);
  transfers.tookIn(spread, 0, 1, 8);
  expect(held()).toEqual([13, 8]);
  expect(transfers.messages().map(({ to, heldAt }) => [to, heldAt])).toEqual([
    [1, 8],
    [0, 13],
  ]);
  expect([0, 1].map((rank) => transfers.waitedUntil(spread, rank))).toEqual([13, 10]);
});
