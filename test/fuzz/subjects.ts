import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DEFAULT_FORM } from '../../src/app/state/form';
import { linkOf, readLink } from '../../src/app/state/link';
import { DEFAULT_VIEW } from '../../src/app/state/view';
import { parseRunFile } from '../../src/lab/runs/run_file';
import { readTrace } from '../../src/trace/read_trace';
import { traceRuns } from '../../src/trace/trace_runs';
import { traceOverlaps, traceSpans } from '../../src/trace/trace_spans';
import { toChromeTrace } from '../../src/trace/write_trace';
import { collective, compute, message } from '../spans';
import { checkpoints } from './checkpoints';
import type { Random, Subject } from './fuzzing';
import { mutated, mutatedBytes } from './mutations';

const textAt = (path: string): string => {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
};
const oneOf = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

const kernel = (name: string, ts: number, pid: unknown) => ({
  ph: 'X',
  cat: 'kernel',
  name,
  pid,
  tid: 7,
  ts,
  dur: 12.5,
  args: { stream: 7, block: [1, 2, 3] },
});
const FOREIGN = JSON.stringify({
  schemaVersion: 1,
  distributedInfo: { backend: 'nccl', rank: 1, world_size: 2 },
  baseTimeNanoseconds: 17e17,
  traceEvents: [0, 1].flatMap((pid) =>
    Array.from({ length: 6 }, (_, i) =>
      kernel(['sgemm', 'ncclDevKernel_SendRecv(x)', 'rms_norm'][i % 3]!, 10 * i, pid),
    ),
  ),
});
const OWN = JSON.stringify(
  toChromeTrace([compute(0, 0, 2), compute(1, 1, 3), collective(1, 0, 2, 4), message(1, 0, 1, 2, 4)], 2),
);

const traces: Subject = {
  name: 'traces',
  draw(random) {
    const text = mutated(random, oneOf(random, [FOREIGN, OWN]));
    const packed = random() < 0.2;
    const bytes = packed ? mutatedBytes(random, gzipSync(text)) : new TextEncoder().encode(text);
    return {
      bytes: bytes.length,
      async read() {
        const file = await readTrace('a_rank0.json', new Blob([bytes]), new Date(0));
        for (const { files } of traceRuns([file, { ...file, name: 'b_rank1.json' }])) {
          traceOverlaps(files);
          traceSpans(files);
        }
      },
    };
  },
};

const RUNS = ['measured.v1.json.gz', 'generated.v1.json.gz', 'measured.v2.json.gz', 'swept.v1.json.gz'].map((name) =>
  textAt(`test/lab/fixtures/${name}`),
);
const runFiles: Subject = {
  name: 'run files',
  draw(random) {
    const text = mutated(random, oneOf(random, RUNS));
    return { bytes: text.length, read: () => parseRunFile('a.json', text) };
  },
};

const LINKS = [
  linkOf(
    { ...DEFAULT_FORM, ranks: 8, link: { kind: 'ratio', ratio: 0.5 }, prompt: 'a b', task: 'generate' },
    { ...DEFAULT_VIEW, tracks: ['ep/regular-blocking', 'ep/farskip-overlapped'], from: 8, to: 17, align: 'layer' },
  ),
  '#v=1&selected=0s12&top=tp/a&compare=both',
  '#v=2&task=generate&schedule=["blocking","overlapped"]&sampling={"temperature":1,"topK":0,"topP":1}',
];
const links: Subject = {
  name: 'links',
  draw(random) {
    const text = mutated(random, decodeURIComponent(oneOf(random, LINKS)));
    return { bytes: text.length, read: () => readLink(text) };
  },
};

export const SUBJECTS: readonly Subject[] = [traces, runFiles, links, checkpoints];
