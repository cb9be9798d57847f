import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nodeGpu } from '../../src/cli/node_gpu';
import { createEngineClient } from '../../src/lab/engine/client';
import type { Reply, Request } from '../../src/lab/engine/worker';

/** Workers that were made, and what they were sent. */
let workers: FakeWorker[];
class FakeWorker {
  onmessage: (event: { data: Reply }) => void = () => {};
  onerror: (event: { message: string }) => void = () => {};
  readonly sent: Request[] = [];
  ended = false;
  constructor() {
    workers.push(this);
  }
  postMessage(request: Request): void {
    this.sent.push(request);
  }
  terminate(): void {
    this.ended = true;
  }
}
beforeEach(() => {
  workers = [];
  vi.stubGlobal('Worker', FakeWorker);
});
afterEach(() => vi.unstubAllGlobals());

const JOB = { experiment: 'bench', settings: { mib: [0.0625], devices: 1, workerEach: false } } as const;
const event = { kind: 'progress', doing: { phase: 'working' }, done: 1, total: 1, part: null } as const;

test('what a job says after its end reaches no other one', async () => {
  const client = createEngineClient('swiftshader', 'http://host/');
  const heard: string[] = [];
  const first = client.run(JOB, () => heard.push('first'));
  const second = client.run(JOB, () => heard.push('second'));
  const [worker] = workers as [FakeWorker];
  expect(worker.sent.map((request) => request.kind === 'run' && request.number)).toEqual([1, 2]);
  client.stop();
  expect(worker.sent.at(-1)).toEqual({ kind: 'stop', number: 2 });
  worker.onmessage({ data: { number: 1, kind: 'event', event } });
  worker.onmessage({ data: { number: 1, kind: 'done', result: [] } });
  worker.onmessage({ data: { number: 1, kind: 'event', event } });
  worker.onmessage({ data: { number: 2, kind: 'event', event } });
  worker.onmessage({ data: { number: 1, kind: 'done', result: ['old'] } });
  worker.onmessage({ data: { number: 2, kind: 'done', result: ['new'] } });
  expect([await first, await second]).toEqual([[], ['new']]);
  expect(heard).toEqual(['first', 'second']);
  client.stop();
  expect(worker.sent).toHaveLength(3);
});

test('a worker that fails, or does not end a job, is given up, and the next job gets another', async () => {
  const client = createEngineClient('swiftshader', 'http://host/');
  const failing = client.run(JOB, () => {});
  workers[0]!.onerror({ message: 'no script' });
  await expect(failing).rejects.toThrow('The engine could not start: no script');
  const endless = client.run(JOB, () => {});
  const stopped = { cause: 'stopped', phrase: { id: 'Stopped.', values: [] }, endless: true } as const;
  workers[1]!.onmessage({ data: { number: 2, kind: 'failed', ...stopped } });
  await expect(endless).rejects.toThrow('Stopped.');
  const last = client.run(JOB, () => {});
  workers[2]!.onmessage({ data: { number: 3, kind: 'done', result: [] } });
  expect(await last).toEqual([]);
  expect(workers.map(({ ended }) => ended)).toEqual([true, true, false]);
});

test('a job that is asked for while another one ends waits for it; answers have their jobs’ numbers', async () => {
  const replies: Reply[] = [];
  const scope = {
    navigator: { gpu: nodeGpu(), userAgent: 'test' },
    postMessage: (reply: Reply) => replies.push(reply),
    onmessage: (_: { data: Request }) => {},
  };
  vi.stubGlobal('self', scope);
  await import('../../src/lab/engine/worker');
  const ask = (data: Request) => scope.onmessage({ data });
  const run = (number: number) => ask({ kind: 'run', number, job: JOB, gpu: 'hardware', base: 'http://host/' });
  const answers = () => replies.flatMap(({ kind, number }) => (kind === 'event' ? [] : [`${kind} ${number}`]));
  run(1);
  await expect.poll(() => replies.length, { timeout: 20_000 }).toBeGreaterThan(0);
  run(2);
  run(3);
  ask({ kind: 'stop', number: 3 });
  ask({ kind: 'stop', number: 1 });
  await expect.poll(answers, { timeout: 20_000 }).toEqual(['failed 3', 'failed 1', 'done 2']);
  const from = replies.findIndex(({ number }) => number === 2);
  expect(replies.slice(from).every(({ number }) => number === 2)).toBe(true);
});
