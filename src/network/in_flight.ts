import type { Link } from './link';
import { createPorts } from './ports';

/**
 * What it takes messages to cross an emulated network, no bytes. Times are ms of the caller's clock, counted or real.
 */
export type Message<T> = { readonly from: number; readonly to: number; readonly bytes: number; readonly content: T };
/** `portMs`: how long it held its ports. */
export type Delivery<T> = {
  readonly message: Message<T>;
  readonly leftAt: number;
  readonly arrivedAt: number;
  readonly portMs: number;
};

export type InFlight<T> = ReturnType<typeof createInFlight<T>>;

export function createInFlight<T>(ranks: number, linkOf: (message: Message<T>) => Link) {
  const waiting: { message: Message<T>; readyAt: number }[][] = Array.from({ length: ranks }, () => []);
  const ports = createPorts(ranks);
  const crossing: Delivery<T>[] = [];

  /** The message that can start first among all ranks' queues, and when; each rank's queue is tried in its order. */
  const earliest = () => {
    let best: { from: number; index: number; at: number } | null = null;
    for (let from = 0; from < ranks; from++)
      waiting[from]!.forEach(({ message, readyAt }, index) => {
        const at = ports.startAt(from, message.to, readyAt);
        if (!best || at < best.at) best = { from, index, at };
      });
    return best as { from: number; index: number; at: number } | null;
  };

  return {
    /** Messages that could leave at `readyAt`, queued behind the earlier ones of their sender. */
    offer(readyAt: number, messages: readonly Message<T>[]): void {
      for (const message of messages) waiting[message.from]!.push({ message, readyAt });
    },
    /** Everything that has arrived by `now`, in order of arrival; a message offered later can't start before `now`. */
    advance(now: number): Delivery<T>[] {
      for (let next = earliest(); next && next.at <= now; next = earliest()) {
        const { message } = waiting[next.from]!.splice(next.index, 1)[0]!;
        const link = linkOf(message);
        const portMs = message.bytes / link.bytesPerMs;
        const leaves = ports.hold(message.from, message.to, next.at, portMs);
        crossing.push({ message, leftAt: next.at, arrivedAt: leaves + link.latencyMs, portMs });
      }
      crossing.sort((a, b) => a.arrivedAt - b.arrivedAt);
      const arrived = crossing.findIndex(({ arrivedAt }) => arrivedAt > now);
      return crossing.splice(0, arrived < 0 ? crossing.length : arrived);
    },
    /** What has left and not arrived: when it will is settled. */
    crossing: (): readonly Delivery<T>[] => crossing,
    /** When `advance` has something to do next; Infinity when nothing is under way. */
    nextEvent(): number {
      const arrival = crossing.reduce((min, { arrivedAt }) => Math.min(min, arrivedAt), Number.POSITIVE_INFINITY);
      return Math.min(arrival, earliest()?.at ?? Number.POSITIVE_INFINITY);
    },
  };
}
