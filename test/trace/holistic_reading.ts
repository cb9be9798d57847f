/** µs in which communication kernels run, in which others do, and in which both do. */
type HolisticTimes = { readonly communicating: number; readonly computing: number; readonly both: number };

/**
 * The overlap of communication and computation as HolisticTraceAnalysis defines it, read from a trace's JSON by
 * counting, at every boundary, what is running: of the time in which communication kernels (nccl…Kernel…) run, the
 * share in which other kernels run too; for each process that communicates. Shares no code with the product.
 */
export const holisticOverlap = (json: string): Map<number, number> =>
  new Map(
    [...holisticTimes(json)].flatMap(([pid, { communicating, both }]) =>
      communicating > 0 ? [[pid, both / communicating] as const] : [],
    ),
  );

/** The times themselves, for each process. */
export function holisticTimes(json: string): Map<number, HolisticTimes> {
  const { traceEvents } = JSON.parse(json) as {
    traceEvents: {
      ph: string;
      cat?: string;
      name: string;
      pid: number;
      ts: number;
      dur: number;
      args?: { stream?: number };
    }[];
  };
  const kernels = traceEvents.filter(
    (event) => event.ph === 'X' && event.cat === 'kernel' && (event.args?.stream ?? -1) >= 0,
  );
  const times = new Map<number, HolisticTimes>();
  for (const pid of new Set(kernels.map((event) => event.pid))) {
    const edges: { at: number; comm: number; comp: number }[] = [];
    for (const { name, ts, dur } of kernels.filter((event) => event.pid === pid)) {
      const comm = /^nccl.*Kernel/.test(name) ? 1 : 0;
      edges.push({ at: ts, comm, comp: 1 - comm }, { at: ts + dur, comm: -comm, comp: comm - 1 });
    }
    edges.sort((a, b) => a.at - b.at);
    let [comm, comp, communicating, computing, both] = [0, 0, 0, 0, 0];
    edges.forEach((edge, i) => {
      const since = i === 0 ? 0 : edge.at - edges[i - 1]!.at;
      if (comm > 0) communicating += since;
      if (comp > 0) computing += since;
      if (comm > 0 && comp > 0) both += since;
      comm += edge.comm;
      comp += edge.comp;
    });
    times.set(pid, { communicating, computing, both });
  }
  return times;
}
