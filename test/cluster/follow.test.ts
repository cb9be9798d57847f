import { expect, test } from 'vitest';
import { type Event, follow } from '../../src/cluster/follow';
import type { Lane } from '../../src/cluster/lane';
import type { Pause } from '../../src/cluster/pause';
import type { Transfers } from '../../src/network/transfers';
import type { Collective, Compute } from '../../src/program/program';
import type { Order } from '../../src/schedule/orders';

/**
 * When the host hears that a collective could leave and when it arrives, in turns of the host since it was started;
 * `between`: it leaves and arrives between two looks, so that it is known to be under way only when it is there;
 * `unwired`: it is announced ahead, and there when it is started.
 */
type Timing = { readonly heard: number; readonly arrived: number; readonly between?: true; readonly unwired?: true };

/**
 * Kernels of each submit that is handed over, whether in the same turn of the host as the one before, and how many are
 * ready when a collective arrives: of `kernels` after each of two collectives that are waited for one after the other.
 * A GPU that only counts.
 */
async function submitsOf(timing: Timing, kernels: number, ofLanes: number, rowsKnown: boolean): Promise<string[]> {
  const log: string[] = [];
  let turns = 0;
  const startedAt = new Map<Collective, number>();
  const told = new Set<Collective>();
  const delivered = new Set<Collective>();
  const events: Event[] = [];
  const since = (op: Collective) => turns - (startedAt.get(op) ?? Number.POSITIVE_INFINITY);
  const sealed: { kernels: number; start: Collective | null }[] = [];
  let recorded = 0;
  let started: Collective | null = null;
  const seal = () => {
    if (recorded > 0 || started) sealed.push({ kernels: recorded, start: started });
    recorded = 0;
    started = null;
  };
  /** As a browser does: what is submitted is handed over in a microtask, together where none came in between. */
  let submitted: string[] = [];
  let handedOverAt = -1;
  const handOver = () => {
    log.push(`${submitted.join(' + ')}${handedOverAt === turns ? ', same turn' : ''}`);
    submitted = [];
    handedOverAt = turns;
  };
  const submitNext = (): boolean => {
    const next = sealed.shift();
    if (!next) return false;
    if (submitted.length === 0) queueMicrotask(handOver);
    submitted.push(next.start ? `${next.kernels} start` : `${next.kernels}`);
    if (next.start) startedAt.set(next.start, turns);
    return true;
  };
  const submit = () => {
    seal();
    while (submitNext());
  };
  const lane = { kernels: () => recorded, seal, submit, submitNext } as unknown as Lane;
  // What the other lanes do is not told.
  const idle = { kernels: () => 0, seal() {}, submit() {}, submitNext: () => false } as unknown as Lane;
  const turn = async () => {
    await Promise.resolve();
    turns++;
    for (const op of startedAt.keys()) {
      if (since(op) === timing.arrived)
        log.push(`${sealed.reduce((sum, { kernels }) => sum + kernels, recorded)} ready`);
      if (since(op) >= timing.heard && !told.has(op)) {
        told.add(op);
        events.push({ kind: 'announced', op, rank: 0, readyAt: 0, at: 0, counts: null });
      }
    }
  };
  const transfers = {
    announce() {},
    deliver() {
      for (const op of startedAt.keys()) {
        if (since(op) < timing.arrived || delivered.has(op)) continue;
        delivered.add(op);
        log.push('delivered');
      }
    },
    arrivedEverywhereAt: (op) => (delivered.has(op) ? 0 : undefined),
    endsAt: (op) => (since(op) < timing.arrived || (timing.between && !delivered.has(op)) ? undefined : 0),
    copyAhead: (op) => rowsKnown || since(op) >= timing.heard,
    nextEvent: () => (timing.between ? Number.POSITIVE_INFINITY : 0),
  } as Partial<Transfers> as Transfers;
  const pause = {
    turn,
    until: turn,
    async when(called: () => boolean) {
      for (let i = 0; i < 100 && !called(); i++) await turn();
      if (!called()) throw new Error('nothing is waited for that will come');
    },
  } as unknown as Pause;
  const step = (order: Order) => {
    if (order.do === 'compute') recorded++;
    if (order.do === 'start' && timing.unwired) delivered.add(order.op);
    else if (order.do === 'start') started = order.op;
    if (order.do === 'wait') log.push('wait');
  };
  const compute = { do: 'compute', op: {} as Compute } as Order;
  const orders = ['A', 'B'].flatMap((name): Order[] => {
    const op = { name } as unknown as Collective;
    return [{ do: 'start', op }, { do: 'wait', op }, ...new Array<Order>(kernels).fill(compute)];
  });
  const lanes = [lane, ...new Array<Lane>(ofLanes - 1).fill(idle)];
  await follow(orders, events, transfers, lanes, step, 0, { pause, linkBetween: () => ({}) as never });
  return log;
}

test('what follows a wait is recorded ahead in parts, the first small, and all handed over on arrival', async () => {
  const ahead = ['wait', '80 ready', '8', '16, same turn', '32, same turn'];
  expect(await submitsOf({ heard: 2, arrived: 40 }, 80, 1, true)).toEqual([
    '0 start',
    ...ahead,
    '24 start, same turn',
    'delivered',
    ...ahead,
    '24, same turn',
    'delivered',
  ]);
});

test('what leaves and arrives between two looks is not waited for any more', async () => {
  const one = ['wait', '8 ready', 'delivered', '8', '8, same turn', '16', '32'];
  const submits = await submitsOf({ heard: 2, arrived: 2, between: true }, 80, 1, true);
  expect(submits).toEqual(['0 start', ...one, '16 start', ...one, '16']);
});

test('where nothing is recorded ahead submits begin small, the second handed over in the same turn', async () => {
  const one = ['0 ready', 'delivered', 'wait', '8', '8, same turn', '16', '32'];
  const expected = ['0 start', ...one, '16 start', ...one, '16'];
  // Through the host; and where it is heard of a collective, and how many rows it has, only when it is there.
  expect(await submitsOf({ heard: 2, arrived: 9 }, 80, 2, true)).toEqual(expected);
  expect(await submitsOf({ heard: 5, arrived: 5 }, 80, 1, false)).toEqual(expected);
});

test('without a wire nothing is submitted for a collective, nor held back after it', async () => {
  const unwired = { heard: 2, arrived: 40, unwired: true } as const;
  expect(await submitsOf(unwired, 20, 1, true)).toEqual(['wait', '8', '8, same turn', 'wait', '16', '8']);
});
