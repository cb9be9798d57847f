import { createEngineClient, JobFailed } from '../lab/client';
import type { Job, JobEvent } from '../lab/job';
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
  const client = createEngineClient(gpu, document.baseURI);
  try {
    const result = await client.run(job, (event) => {
      // The rest is for pages: the terminal shows none of it while a run goes on.
      if (event.kind === 'progress') window.onJobEvent(event);
    });
    return { ok: true, result };
  } catch (cause) {
    if (cause instanceof JobFailed) return { ok: false, reason: cause.reason, message: cause.message };
    return { ok: false, reason: 'internal', message: String(cause) };
  } finally {
    client.close();
  }
};
