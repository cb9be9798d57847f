import type { Transfers } from '../network/transfers';
import type { CollectiveSpan, MessageSpan, Span } from '../trace/span';
import type { Lane } from './lane';

/**
 * Spans of all that is known of a run so far, in ms since `origin` (host ms): of each lane's kernels, of collectives
 * and of messages.
 */
export function spansOfRun(lanes: readonly Lane[], transfers: Transfers, origin: number): Span[] {
  // On devices of their own ranks hold a message once the device has taken it in.
  for (const { recorder } of lanes)
    for (const { op, from, rank, at } of recorder.intakes()) transfers.tookIn(op, from, rank, at);
  return [
    ...lanes.flatMap(({ recorder }) => recorder.spans(origin, transfers.waitedUntil)),
    ...transfers.collectives().map(
      ({ op: { id, name, block, phase, layer }, rank, readyAt, heldAt, sentBytes, receivedBytes }): CollectiveSpan => ({
        kind: 'collective',
        op: id,
        rank,
        name,
        block,
        phase,
        layer,
        start: readyAt - origin,
        end: heldAt - origin,
        clock: 'host',
        sentBytes,
        receivedBytes,
      }),
    ),
    ...transfers.messages().map(
      ({ op: { id, name, block, phase, layer }, from, to, leftAt, heldAt, bytes }): MessageSpan => ({
        kind: 'message',
        op: id,
        rank: from,
        to,
        name,
        block,
        phase,
        layer,
        start: leftAt - origin,
        end: heldAt - origin,
        clock: 'host',
        bytes,
      }),
    ),
  ];
}
