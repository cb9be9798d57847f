import type { Transfers } from '../network/transfers';
import type { Collective } from '../program/program';
import type { Order } from '../schedule/orders';
import type { Lane } from './lane';
import type { RunOptions } from './run_contract';
import { spansOfRun } from './run_spans';
import type { Announced } from './sending';

/**
 * After how many kernels each submit after a wait ends, the last number for all further ones. The first is small, so
 * that an idle GPU starts at once. It has soon done that: where the wait has ended, the second is small too, as it is
 * recorded only now; recorded ahead, it lies ready.
 */
const KERNELS_A_SUBMIT = { after: [8, 8, 16, 32], ahead: [8, 16, 32] };

/** How often spans are shown while a run goes on, ms. */
export const LIVE_MS = 50;

/**
 * Settles once what was submitted is handed over, much sooner than a turn: Chromium does that in a microtask. (Firefox,
 * by its source, only when a task ends: with the next turn.)
 */
const handedOver = (): Promise<void> => Promise.resolve();

/** What happened since the host last looked. */
export type Event = ({ readonly kind: 'announced' } & Announced) | { readonly kind: 'failed'; readonly cause: unknown };

/** Does an order on all ranks. */
export type Step = (order: Order) => void;

/**
 * Goes through the orders, as far as they can go, and waits for what they need; all are submitted when it settles. What
 * comes after a wait is recorded ahead, up to the next one, so that the GPU has it as soon as what is waited for has
 * arrived and never waits for the host in between.
 */
export async function follow(
  orders: readonly Order[],
  events: Event[],
  transfers: Transfers,
  lanes: readonly Lane[],
  step: Step,
  origin: number,
  { pause, onSpans, signal, replayed }: RunOptions,
): Promise<void> {
  const recorded = () => lanes.reduce((sum, lane) => sum + lane.kernels(), 0);
  const submit = () => {
    for (const lane of lanes) lane.submit();
  };
  const seal = () => {
    for (const lane of lanes) lane.seal();
  };
  const hasArrived = (op: Collective) => transfers.arrivedEverywhereAt(op) !== undefined;
  // Through the host bytes can be copied only once they are there.
  const mayGoAhead = lanes.length === 1 && !replayed;
  /** What is recorded is held back until this has arrived. */
  let ahead: Collective | null = null;
  const aheadEndsAt = () => (ahead && transfers.endsAt(ahead)) ?? Number.POSITIVE_INFINITY;
  let shownAt = origin;
  let next = 0;
  let submits = 0;
  const allowed = () => {
    const sizes = ahead ? KERNELS_A_SUBMIT.ahead : KERNELS_A_SUBMIT.after;
    return sizes[Math.min(submits, sizes.length - 1)]!;
  };
  for (;;) {
    signal?.throwIfAborted();
    for (const event of events.splice(0)) {
      if (event.kind === 'failed') throw event.cause;
      transfers.announce(event.rank, event.op, event, event.counts);
    }
    if (aheadEndsAt() <= performance.now()) {
      ahead = null;
      seal();
    }
    // The GPU idles until it has what follows. What has arrived is written down afterwards.
    if (!ahead) while (lanes.filter((lane) => lane.submitNext()).length > 0) await handedOver();
    transfers.deliver(performance.now());
    // What leaves and arrives between two looks is known only now.
    if (aheadEndsAt() <= performance.now()) continue;
    // A wait ends for all ranks together: one that went on alone would have the whole GPU, not its 1/N.
    const order = orders[next];
    if (order && (order.do !== 'wait' || hasArrived(order.op))) {
      next++;
      step(order);
      const isStart = order.do === 'start' && !replayed && !hasArrived(order.op);
      if (!isStart && recorded() < allowed()) continue;
      if (!isStart) submits++;
      if (ahead) seal();
      else submit();
      // An idle GPU waits for the second, too. Else a turn, in which the host hears what happens meanwhile.
      if (!ahead && !isStart && submits === 1) await handedOver();
      else await pause.turn();
      continue;
    }
    if (ahead) seal();
    else {
      submit();
      submits = 0;
    }
    if (!order && !ahead) return;
    if (mayGoAhead && !ahead && order?.do === 'wait' && transfers.copyAhead(order.op)) {
      ahead = order.op;
      next++;
      step(order);
      continue;
    }
    if (onSpans && performance.now() - shownAt > LIVE_MS) {
      shownAt = performance.now();
      onSpans(spansOfRun(lanes, transfers, origin));
    }
    const due = Math.min(transfers.nextEvent(), aheadEndsAt());
    const called = () => events.length > 0 || signal?.aborted === true;
    if (Number.isFinite(due)) await pause.until(due, called);
    else await pause.when(called);
  }
}
