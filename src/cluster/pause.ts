/**
 * Waiting on the host, to some hundredths of a millisecond: timers round to a millisecond or more (a page's nested
 * timers to 4 ms), so the last stretch turns over an empty task: setImmediate in Node, a message in a page.
 */
export type Pause = {
  /** Lets callbacks run (mapAsync, messages), then returns. */
  readonly turn: () => Promise<void>;
  /** Settles at `time` (performance.now()) or soon after, or earlier when `interrupted` answers true. */
  readonly until: (time: number, interrupted: () => boolean) => Promise<void>;
  readonly close: () => void;
};

export function createPause(): Pause {
  const { turn, close, slackMs } = typeof setImmediate === 'function' ? immediateTurns() : messageTurns();
  return {
    turn,
    close,
    async until(time, interrupted) {
      for (;;) {
        if (interrupted()) return;
        const left = time - performance.now();
        if (left <= 0) return;
        if (left > 2 * slackMs) await timer(Math.min(left - slackMs, 2 * slackMs));
        else await turn();
      }
    },
  };
}

const timer = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** `slackMs`: how long before its time a timer is trusted no more. */
const immediateTurns = () => ({
  slackMs: 1.5,
  turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
  close: () => {},
});

function messageTurns() {
  const { port1, port2 } = new MessageChannel();
  let wake: (() => void) | null = null;
  port1.onmessage = () => wake?.();
  return {
    turn: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        port2.postMessage(null);
      }),
    close: () => port1.close(),
    slackMs: 5,
  };
}
