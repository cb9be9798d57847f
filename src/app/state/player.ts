import { create } from 'zustand';

/** Replays a run: a play head goes over the axis, slower than the run was. */
type PlayerState = {
  /** ms of the axis; null: no play head. */
  readonly at: number | null;
  readonly playing: boolean;
  /** Axis time a second of watching: 1 is as fast as it was. */
  readonly speed: number;
  /** Goes on, or begins at `from`. */
  readonly play: (end: number, from: number) => void;
  readonly pause: () => void;
  readonly seek: (at: number) => void;
  readonly setSpeed: (speed: number) => void;
  readonly close: () => void;
};

export const SPEEDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] as const;

/** Readers may ask for less motion: then a replay is a sequence of stills. */
export const isStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
const STILL_MS = 1000;

/** A whole run should take about so long to watch, s. */
const WATCHED_S = 10;
const fitting = (end: number): number => SPEEDS.findLast((speed) => end / 1000 / speed >= WATCHED_S / 2) ?? SPEEDS[0];

export const usePlayer = create<PlayerState>((set, get) => {
  let frame = 0;
  const stop = () => cancelAnimationFrame(frame);
  return {
    at: null,
    playing: false,
    speed: 0,
    play(end, from) {
      stop();
      const speed = get().speed || fitting(end);
      const { at: head } = get();
      set({ playing: true, speed, at: head === null ? Math.min(from, end) : head >= end ? 0 : head });
      let before = performance.now();
      const turn = (now: number) => {
        if (isStill() && now - before < STILL_MS) {
          frame = requestAnimationFrame(turn);
          return;
        }
        const { at, speed: current } = get();
        const next = (at ?? 0) + Math.max(0, now - before) * current;
        before = now;
        if (next >= end) return set({ at: end, playing: false });
        set({ at: next });
        frame = requestAnimationFrame(turn);
      };
      frame = requestAnimationFrame(turn);
    },
    pause() {
      stop();
      set({ playing: false });
    },
    seek(at) {
      set({ at });
    },
    setSpeed: (speed) => set({ speed }),
    close() {
      stop();
      set({ at: null, playing: false });
    },
  };
});
