import type { Storage } from '../gpu/buffers';
import type { Launch } from '../gpu/launcher';
import { contractOf, type NamedSizes, sizesOf } from '../program/kernels';
import type { Order } from '../schedule/orders';
import type { BoundRank } from './run';
import type { Values } from './values';

/**
 * What an order launches on a rank, and for which sizes; null where there is nothing to do. Its outputs have buffers
 * then, and its inputs have been read: what is recorded later may write over them.
 */
export function launchIn(
  { launchOf }: Pick<BoundRank, 'launchOf'>,
  values: Values,
  order: Extract<Order, { do: 'compute' }>,
): { readonly launch: Launch; readonly sizes: NamedSizes } | null {
  const { op } = order;
  const sizes = sizesOf(op, values.symbols);
  const buffers: Storage[] = [];
  for (const name of op.inputs) buffers.push(values.get(name));
  for (const name of op.outputs) buffers.push(values.take(name));
  const launched = contractOf(op.kernel).hasWork(sizes) ? { launch: launchOf(order, sizes, buffers), sizes } : null;
  for (const name of new Set(op.inputs)) values.release(name);
  for (const name of op.outputs) values.written(name);
  return launched;
}
