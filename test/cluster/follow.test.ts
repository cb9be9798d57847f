import { expect, test } from 'vitest';
import { type Event, follow } from '../../src/cluster/follow';
import type { Lane } from '../../src/cluster/lane';
import type { Pause } from '../../src/cluster/pause';
import type { Transfers } from '../../src/network/transfers';
import type { Collective, Compute } from '../../src/program/program';
import type { Order } from '../../src/schedule/orders';

/**
 * When the host hears that a collective could leave and when it arrives, in turns of the host since it was started;
 * `between`: it leaves and arrives between two looks, so that it is known to be under way only when it is there.
 */
type Timing = { readonly heard: number; readonly arrived: number; readonly between?: true };

/**
 * Kernels of each submit, and how many are ready when a collective arrives: of `kernels` after each of two collectives
 * that are waited for one after the other. A GPU that only counts.
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
  const submitNext = (): boolean => {
    const next = sealed.shift();
    if (!next) return false;
    log.push(next.start ? `${next.kernels} start` : `${next.kernels}`);
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
    if (order.do === 'start') started = order.op;
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

test('what follows a wait is recorded ahead, the first few kernels apart, and submitted on arrival', async () => {
  const ahead = ['wait', '80 ready', '8', '64', '8'];
  const submits = await submitsOf({ heard: 2, arrived: 40 }, 80, 1, true);
  expect(submits).toEqual(['0 start', ...ahead.slice(0, -1), '8 start', 'delivered', ...ahead, 'delivered']);
});

test('what leaves and arrives between two looks is not waited for any more', async () => {
  const one = ['wait', '72 ready', 'delivered', '8', '64'];
  const submits = await submitsOf({ heard: 2, arrived: 2, between: true }, 80, 1, true);
  expect(submits).toEqual(['0 start', ...one, '8 start', ...one, '8']);
});

test('where nothing is recorded ahead submits begin small after each wait, and grow', async () => {
  const one = ['0 ready', 'delivered', 'wait', '8', '8', '16', '32'];
  const expected = ['0 start', ...one, '16 start', ...one, '16'];
  // Through the host; and where it is heard of a collective, and how many rows it has, only when it is there.
  expect(await submitsOf({ heard: 2, arrived: 9 }, 80, 2, true)).toEqual(expected);
  expect(await submitsOf({ heard: 5, arrived: 5 }, 80, 1, false)).toEqual(expected);
});
