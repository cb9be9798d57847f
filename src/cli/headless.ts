import { type TransferRate, together } from '../lab/bench';
import { createEngineClient, JobFailed } from '../lab/client';
import type { Job, JobEvent } from '../lab/job';
import { phrase } from '../words/phrase';
import type { Outcome } from './outcome';

declare global {
  interface Window {
    /** Runs a job in this page's engine; the command line calls it. */
    runJob: (job: Job, gpu: 'hardware' | 'swiftshader') => Promise<Outcome>;
    /** Given by the command line. */
    onJobEvent: (event: JobEvent) => void;
  }
}

window.runJob = async (job, gpu) => {
  // A bench may be of an engine, and so a worker, for each device.
  const workers = job.kind === 'bench' && job.settings.workerEach ? job.settings.devices : 1;
  const clients = Array.from({ length: workers }, () => createEngineClient(gpu, document.baseURI));
  const own: Job = workers > 1 && job.kind === 'bench' ? { ...job, settings: { ...job.settings, devices: 1 } } : job;
  try {
    const running = clients.map((client, i) =>
      client.run(own, (event) => {
        // The rest is for pages: the terminal shows none of it while a run goes on.
        if (event.kind === 'progress' && i === 0) window.onJobEvent(event);
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
