import { MOST_PASSES } from '../gpu/timestamps';
import type { Order } from '../schedule/orders';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';

/**
 * Throws InputError for orders of more passes than one device can time. `own`: how many of the `ranks` are on it. No
 * run has more than are counted here: a kernel is a pass of its own at most, and so is a copy.
 */
export function checkTimed(orders: readonly Order[], own: number, ranks: number): void {
  const kernels = own * orders.filter((order) => order.do === 'compute').length;
  // Each rank gets a part of every other one, and keeps its own.
  const copies = own * ranks * orders.filter((order) => order.do === 'start').length;
  if (kernels + copies > MOST_PASSES)
    throw new InputError(phrase`A run of ${kernels} kernels is more than can be timed; use fewer devices or layers.`);
}
