import type { Gpu } from '../gpu/device';
import { stepOf } from '../trace/clock';

/**
 * Waiting on the host, to some hundredths of a millisecond: timers round to a millisecond or more (a page's nested
 * timers to 4 ms), so the last stretch turns over an empty task: setImmediate in Node, a message in a page.
 *
 * Chromium looks only every 1 to 2 ms whether the GPU has finished what a page waits for, unless the page keeps sending
 * it commands: on an H200 a mapped buffer was told 2.5 ms late by itself, 0.3 ms late with an error scope opened and
 * closed now and then, which asks nothing of the GPU. So turns of a page nudge its device; not each, for nudges take
 * their time of those who carry out its commands.
 *
 * Dawn in Node looks in every turn, and turns Node's loop over and over while anything is asked of the GPU: that takes
 * a core, of which SwiftShader would compute, and leaves garbage, whose collection holds up the host. Only a thread
 * that stands still slows it down, so there turns come at most so often, and a long wait holds the thread.
 */
export type Pause = {
  /** The step of performance.now() here, ms: browsers round it. */
  readonly stepMs: number;
  /** Lets callbacks run (mapAsync, messages), then returns. */
  readonly turn: () => Promise<void>;
  /** Settles at `time` (performance.now()) or soon after, or earlier when `interrupted` answers true. */
  readonly until: (time: number, interrupted: () => boolean) => Promise<void>;
  /** Settles soon after `ready` first answers true. */
  readonly when: (ready: () => boolean) => Promise<void>;
  /** What a promise of the GPU gives, soon after it has. */
  readonly during: <T>(promise: Promise<T>) => Promise<T>;
  readonly close: () => void;
};

/** A nudge in so many turns of a page. */
const NUDGED_TURNS = 3;

/** How soon after a turn of Node's loop the next may come: a third of the quickest round trip to a GPU. */
const NODE_TURN_MS = 0.02;

/**
 * A wait without a known end turns over tasks so long before it takes to naps, so as not to keep a core busy for
 * nothing.
 */
const SPIN_MS = 15;

/** A nap that ends later than that was held back: browsers do it to pages in the background, as does a busy machine. */
const LATE_MS = 250;

/** How a runtime waits. */
type Waiting = {
  readonly turn: () => Promise<void>;
  /** Waits for about so long, a core left free meanwhile, and lets callbacks run. */
  readonly nap: (ms: number) => Promise<void>;
  /** The longest nap, and how long before its end naps are trusted no more, ms. */
  readonly napMs: number;
  readonly slackMs: number;
  readonly close: () => void;
};

/** `onLate` hears of naps that were held back. */
export function createPause({ device }: Gpu, onLate: (lateMs: number) => void): Pause {
  let turns = 0;
  const { turn, nap, napMs, slackMs, close } =
    typeof setImmediate === 'function'
      ? waitingInNode()
      : waitingInPage(() => {
          if (turns++ % NUDGED_TURNS === 0) nudge(device);
        });
  const napFor = async (ms: number): Promise<void> => {
    const due = performance.now() + ms;
    await nap(ms);
    const lateMs = performance.now() - due;
    if (lateMs > LATE_MS) onLate(lateMs);
  };
  const when = async (ready: () => boolean): Promise<void> => {
    const since = performance.now();
    while (!ready()) {
      if (performance.now() - since > SPIN_MS) await napFor(Math.min(napMs, 1));
      else await turn();
    }
  };
  return {
    stepMs: hostStepMs(),
    turn,
    close,
    when,
    async during(promise) {
      let settled = false;
      const done = () => {
        settled = true;
      };
      promise.then(done, done);
      await when(() => settled);
      return promise;
    },
    async until(time, interrupted) {
      for (;;) {
        if (interrupted()) return;
        const left = time - performance.now();
        if (left <= 0) return;
        if (left > 2 * slackMs) await napFor(Math.min(left - slackMs, napMs));
        else await turn();
      }
    },
  };
}

/** Looks at the clock until it has gone on some times, or for a while. */
function hostStepMs(): number {
  const times = [performance.now()];
  while (times.length < 6 && times.at(-1)! - times[0]! < 20) {
    const now = performance.now();
    if (now > times.at(-1)!) times.push(now);
  }
  return stepOf(times);
}

function waitingInNode(): Waiting {
  const held = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let turnedAt = Number.NEGATIVE_INFINITY;
  const turn = () =>
    new Promise<void>((resolve) =>
      setImmediate(() => {
        turnedAt = performance.now();
        resolve();
      }),
    );
  return {
    turn() {
      while (performance.now() - turnedAt < NODE_TURN_MS);
      return turn();
    },
    nap(ms) {
      Atomics.wait(held, 0, 0, ms);
      return turn();
    },
    napMs: 0.2,
    slackMs: 0.3,
    close() {},
  };
}

function nudge(device: GPUDevice): void {
  device.pushErrorScope('validation');
  // Rejects when the device is lost, which others tell.
  device.popErrorScope().catch(() => {});
}

function waitingInPage(onTurn: () => void): Waiting {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  const turn = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      onTurn();
      port2.postMessage(null);
    });
  return {
    turn,
    async nap(ms) {
      await new Promise<void>((resolve) => setTimeout(resolve, ms));
      await turn();
    },
    close() {
      port1.close();
      port2.close();
      // Messages that are under way will not come.
      for (const resume of waiting.splice(0)) resume();
    },
    napMs: 10,
    slackMs: 5,
  };
}
