import type { Transfers } from '../network/transfers';
import type { Collective } from '../program/program';
import type { CollectiveSpan, MessageSpan, Span, TimeSource } from '../trace/span';
import type { Lane } from './lane';
import type { Tilt } from './pass_spans';

/**
 * Spans of all that is known of a run so far, in ms since `origin` (host ms): of each lane's kernels and copies, of
 * collectives and of messages; `tilt`: kernels that were timed apart as long as that, or at their errors' ends.
 */
export function spansOfRun(lanes: readonly Lane[], transfers: Transfers, origin: number, tilt: Tilt = 0): Span[] {
  // On devices of their own ranks hold a message once the device has taken it in.
  const ownDevices = lanes.length > 1;
  for (const { recorder } of lanes)
    for (const { op, from, rank, at } of recorder.intakes()) transfers.tookIn(op, from, rank, at);
  for (const op of transfers.announcedAhead()) {
    const at = lanes[0]!.stampedAt(op.input);
    if (at !== undefined) transfers.passed(op, at);
  }
  const messages = transfers.messages();
  return [
    ...lanes.flatMap(({ recorder }) => recorder.spans(origin, transfers.waitedUntil, tilt)),
    ...lanes.flatMap(({ recorder }) => recorder.copies(origin, tilt)),
    ...transfers.collectives().map(
      ({ op, rank, readyAt, heldAt, dueAt, sentBytes, receivedBytes }): CollectiveSpan => ({
        kind: 'collective',
        ...namesOf(op),
        rank,
        start: readyAt - origin,
        end: heldAt - origin,
        source: sourceOf(dueAt, heldAt),
        sentBytes,
        receivedBytes,
      }),
    ),
    ...messages.map(
      ({ op, from, to, leftAt, dueAt, heldAt, portMs, bytes }): MessageSpan => ({
        kind: 'message',
        ...namesOf(op),
        rank: from,
        to,
        start: leftAt - origin,
        end: heldAt - origin,
        source: sourceOf(dueAt, heldAt),
        bytes,
        // The way through the host is the wire of devices of their own.
        due: (ownDevices ? heldAt : dueAt) - origin,
        portMs,
      }),
    ),
  ];
}

/** Whether the wire's formula says when something was held, or the host, which was later. */
const sourceOf = (dueAt: number, heldAt: number): TimeSource => (heldAt > dueAt ? 'host' : 'emulated');

const namesOf = ({ id, name, block, phase, layer }: Collective) => ({ op: id, name, block, phase, layer });
