import { createEngineClient, JobFailed } from '../lab/engine/client';
import type { Job } from '../lab/engine/job';
import { type BenchSettings, type TransferRate, together } from '../lab/experiments/bench';
import type { Emit } from '../lab/experiments/experiment';
import { phrase } from '../words/phrase';
import type { Outcome } from './outcome';

declare global {
  interface Window {
    /** Runs a job in this page's engine; the command line calls it. */
    runJob: (job: Job, gpu: 'hardware' | 'swiftshader') => Promise<Outcome>;
    /** Given by the command line. */
    onJobEvent: Emit;
  }
}

window.runJob = async (job, gpu) => {
  // A bench may be of an engine, and so a worker, for each device.
  const bench = job.experiment === 'bench' ? (job.settings as BenchSettings) : null;
  const workers = bench?.workerEach ? Math.max(1, bench.devices) : 1;
  const clients = Array.from({ length: workers }, () => createEngineClient(gpu, document.baseURI));
  const own: Job = workers > 1 ? { ...job, settings: { ...bench, devices: 1 } } : job;
  try {
    const running = clients.map((client, i) =>
      client.run(own, (event) => {
        // The rest is for pages: the terminal shows none of it while a run goes on.
        const first = i === 0 && (event.kind === 'progress' || event.kind === 'remark');
        if (first || event.kind === 'point') window.onJobEvent(event);
      }),
    );
    const results: readonly unknown[] = await Promise.all(running);
    return { ok: true, result: workers > 1 ? together(results as readonly TransferRate[][]) : results[0] };
  } catch (cause) {
    if (cause instanceof JobFailed) return { ok: false, reason: cause.reason, phrase: cause.phrase };
    return { ok: false, reason: 'internal', phrase: phrase`${String(cause)}` };
  } finally {
    for (const client of clients) client.close();
  }
};
