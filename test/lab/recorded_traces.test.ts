import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { keyOf, type Track } from '../../src/lab/experiments/track';
import type { LabRun } from '../../src/lab/runs/lab_run';
import { openRecorded } from '../../src/lab/runs/open_recorded';
import { RECORDED, RECORDED_TRACES, tracePath } from '../../src/lab/runs/recorded';
import { parseRunFile, toRunFile } from '../../src/lab/runs/run_file';
import { dateOf, tracksOf } from '../../src/lab/runs/run_kinds';
import { overlapOf } from '../../src/trace/overlap';
import type { Span } from '../../src/trace/span';
import { textOf } from '../../src/words/bytes_of';
import { holisticTimes } from '../trace/holistic_reading';

type Figures = readonly [communicationMs: number, computeMs: number, hidden: number];

/** What was read from the profiler's traces as they were written, by another program; docs/results.md has it. */
const TABLE: Readonly<Record<string, readonly [rank0: Figures, rank1: Figures]>> = {
  'h200-host regular-blocking': [
    [11.9, 18.85, 0],
    [11.77, 18.87, 0],
  ],
  'h200-host regular-overlapped': [
    [14.12, 19.22, 0.145],
    [13.32, 19.18, 0.176],
  ],
  'h200-host farskip-blocking': [
    [12.28, 18.9, 0],
    [11.62, 18.95, 0],
  ],
  'h200-host farskip-overlapped': [
    [16.01, 19.66, 0.426],
    [12.63, 19.59, 0.568],
  ],
  'h200-nvlink regular-blocking': [
    [8.22, 18.98, 0],
    [1.1, 19.05, 0],
  ],
  'h200-nvlink farskip-overlapped': [
    [1.74, 19.32, 0.894],
    [2.14, 19.43, 0.892],
  ],
};

const served = async (path: string) => textOf(path, new Blob([readFileSync(`public/${path}`)]));
const opened = new Map<string, LabRun>();
for (const { id, kind } of RECORDED) if (kind === 'traces') opened.set(id, await openRecorded(id, served));
const CASES = [...opened].flatMap(([id, run]) => tracksOf(run).map((track) => ({ name: `${id} ${track.key}`, track })));
const trackOf = (name: string): Track => CASES.find((each) => each.name === name)!.track;

const share = (value: number, of: number) => Math.abs(value / of - 1);
function expectFigures([comm, compute, hidden]: Figures, [wantedComm, wantedCompute, wantedHidden]: Figures): void {
  expect(share(comm, wantedComm)).toBeLessThan(0.01);
  expect(share(compute, wantedCompute)).toBeLessThan(0.01);
  expect(Math.abs(hidden - wantedHidden)).toBeLessThan(0.005);
}

test('what real GPUs communicated, computed and hid is what another program read from the traces', () => {
  expect(CASES.map(({ name }) => name).sort()).toEqual(Object.keys(TABLE).sort());
  for (const { name, track } of CASES) {
    expect(track.ranks).toBe(2);
    TABLE[name]!.forEach((wanted, rank) => {
      const { commMs, computeMs, hiddenMs } = overlapOf(track.spans, rank);
      expectFigures([commMs, computeMs, hiddenMs / commMs], wanted);
    });
  }
});

test('docs/results.md states them, and the times without the profiler', () => {
  const results = readFileSync('docs/results.md', 'utf8');
  const words = { 'h200-host': 'host', 'h200-nvlink': 'NVLink', regular: 'regular', farskip: 'FarSkip' } as const;
  for (const [name, ranks] of Object.entries(TABLE)) {
    const [link, connectivity, schedule] = name.split(/ |-(?=b|o)/) as [keyof typeof words, keyof typeof words, string];
    const cells = ranks.flatMap(([comm, compute, hidden]) => [comm.toFixed(2), compute.toFixed(2), hidden.toFixed(3)]);
    expect(results).toContain(`| ${words[link]}, ${words[connectivity]} × ${schedule} | ${cells.join(' | ')} |`);
  }
  for (const { timelines } of Object.values(RECORDED_TRACES))
    for (const { wallMs } of timelines) {
      const [median, low, high] = [wallMs.median, wallMs.low, wallMs.high].map((ms) => ms.toFixed(2));
      expect(results).toContain(`| ${median} [${low}, ${high}] |`);
    }
});

test('counted at every boundary, the traces give the same', () => {
  for (const [id, { timelines, ranks }] of Object.entries(RECORDED_TRACES)) {
    for (const { combination } of timelines)
      for (let rank = 0; rank < ranks; rank++) {
        const json = gunzipSync(readFileSync(`public/${tracePath(id, combination, rank)}`)).toString();
        const { communicating, computing, both } = holisticTimes(json).get(rank)!;
        const name = `${id} ${keyOf(combination)}`;
        expectFigures([communicating / 1000, computing / 1000, both / communicating], TABLE[name]![rank]!);
        const own = overlapOf(trackOf(name).spans, rank);
        expect(own.commMs).toBeCloseTo(communicating / 1000, 4);
        expect(own.computeMs).toBeCloseTo(computing / 1000, 4);
        expect(own.hiddenMs).toBeCloseTo(both / 1000, 4);
      }
  }
});

/** ms a layer of one rank. */
const perLayer = (spans: readonly Span[], wanted: (span: Span) => boolean): number =>
  spans.filter((span) => span.rank === 0 && wanted(span)).reduce((sum, { start, end }) => sum + end - start, 0) / 8;

test('kernels are told by their part of a layer: what can hide a collective is what docs/results.md says', () => {
  const { spans } = trackOf('h200-host farskip-blocking');
  const core = ['core attention', 'copy heads', 'output'];
  const isBack = ({ name }: Span) => name === 'un-permute';
  const computed = (wanted: (span: Span) => boolean) =>
    perLayer(spans, (span) => span.kind === 'compute' && span.name !== 'barrier' && wanted(span));
  const shared = computed(({ block, name }) => block === 'shared' || (block === 'attention' && !core.includes(name)));
  const others = computed((span) => isBack(span) || span.block === 'router' || span.block === 'residual');
  // One of the three sums of a layer lies in Combine's window.
  const sum = computed(({ block }) => block === 'residual') / 3;
  const near = (ms: number, stated: number) => expect(Math.abs(ms - stated)).toBeLessThan(0.01);
  near(
    computed(() => true),
    2.36,
  );
  near(
    computed(({ name }) => core.includes(name)),
    0.27,
  );
  near(
    computed((span) => span.block === 'routed' && !isBack(span)),
    1.27,
  );
  near(shared + sum, 0.58);
  near(others - sum, 0.24);
});

test('a layer has one Dispatch and one Combine, of the same operation on both ranks', () => {
  for (const { track } of CASES) {
    const exchanges = track.spans.filter(({ block }) => block === 'dispatch' || block === 'combine');
    expect(exchanges).toHaveLength(2 * 8 * 2);
    expect(new Set(exchanges.map(({ op }) => op)).size).toBe(2 * 8);
    for (const exchange of exchanges) {
      expect(exchange).toMatchObject({ kind: 'collective', source: 'gpu' });
      // 4,096 rows of 2,048 bf16 values go to the other rank, and as many come.
      expect(exchange).toMatchObject({ sentBytes: 4096 * 2048 * 2, receivedBytes: 4096 * 2048 * 2 });
    }
    const rest = track.spans.filter(({ kind, block }) => kind === 'collective' && block === 'all-reduce');
    expect(rest.map(({ name }) => name)).toEqual(['barrier', 'barrier']);
  }
});

test('a run of traces says where and when, and comes back from a file', () => {
  for (const [id, run] of opened) {
    expect(run.machine).toContain('H200');
    const { combination } = RECORDED_TRACES[id as keyof typeof RECORDED_TRACES].timelines[0]!;
    const trace = JSON.parse(gunzipSync(readFileSync(`public/${tracePath(id, combination, 0)}`)).toString());
    const beganMs = trace.baseTimeNanoseconds / 1e6 + trace.traceEvents[0].ts / 1e3;
    expect(Math.abs(Date.parse(dateOf(run)!) - beganMs)).toBeLessThan(1000);
    const again = parseRunFile('f.json', toRunFile(run));
    expect(again).toMatchObject({ id, kind: 'traces', machine: run.machine });
    tracksOf(again).forEach((track, i) => {
      const before = overlapOf(tracksOf(run)[i]!.spans, 0);
      const { commMs, computeMs, hiddenMs } = overlapOf(track.spans, 0);
      // Files keep a tenth of a microsecond.
      expect(commMs).toBeCloseTo(before.commMs, 2);
      expect(computeMs).toBeCloseTo(before.computeMs, 1);
      expect(hiddenMs).toBeCloseTo(before.hiddenMs, 2);
    });
  }
});

test('every trace that is served is of a run', () => {
  const listed = Object.entries(RECORDED_TRACES).flatMap(([id, { timelines, ranks }]) =>
    timelines.flatMap(({ combination }) =>
      Array.from({ length: ranks }, (_, rank) => tracePath(id, combination, rank)),
    ),
  );
  const found = Object.keys(RECORDED_TRACES).flatMap((id) =>
    readdirSync(`public/recorded/${id}`).map((file) => `recorded/${id}/${file}`),
  );
  expect(found.sort()).toEqual(listed.sort());
});
