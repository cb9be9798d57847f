/** Each rank's one port out and one port in, and until when they are held. Times are of any one clock. */
export function createPorts(ranks: number) {
  const outFree = new Float64Array(ranks);
  const inFree = new Float64Array(ranks);
  return {
    /** When a message that could leave at `readyAt` can start: one at a time passes a port. */
    startAt: (from: number, to: number, readyAt: number): number => Math.max(readyAt, outFree[from]!, inFree[to]!),
    /** A message starts at `at` and holds both its ports for `time`; answers when they are free again. */
    hold(from: number, to: number, at: number, time: number): number {
      const end = at + time;
      outFree[from] = end;
      inFree[to] = end;
      return end;
    },
  };
}
