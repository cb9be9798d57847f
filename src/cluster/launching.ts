import type { Storage } from '../gpu/buffers';
import type { Launch } from '../gpu/launcher';
import { contractOf, type NamedSizes, sizesOf } from '../program/kernels';
import type { Compute } from '../program/program';
import type { Order } from '../schedule/orders';
import type { BoundRank } from './run_contract';
import type { Values } from './values';

/** What an order launches on a rank, and for which sizes; null where there is nothing to do. */
export function launchIn(
  { launchOf }: Pick<BoundRank, 'launchOf'>,
  values: Values,
  order: Extract<Order, { do: 'compute' }>,
): { readonly launch: Launch; readonly sizes: NamedSizes } | null {
  const { op } = order;
  const sizes = sizesOf(op, values.symbols);
  const buffers = buffersIn(values, op);
  return contractOf(op.kernel).hasWork(sizes) ? { launch: launchOf(order, sizes, buffers), sizes } : null;
}

/**
 * What a kernel is bound to: buffers of what it reads, then of what it writes. Its inputs have been read then: what is
 * recorded later may write over them.
 */
export function buffersIn(values: Values, { inputs, outputs }: Compute): Storage[] {
  const buffers: Storage[] = [];
  for (const name of inputs) buffers.push(values.get(name));
  for (const name of outputs) buffers.push(values.take(name));
  for (const name of new Set(inputs)) values.release(name);
  for (const name of outputs) values.written(name);
  return buffers;
}
