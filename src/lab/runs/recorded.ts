import type { ScheduleKind } from '../../schedule/orders';
import type { Combination } from '../experiments/experiment';
import { keyOf } from '../experiments/track';
import type { TracesRun } from './traces_run';

/**
 * Runs that were recorded on another machine and are served with the page, in `recorded/`. The first is shown at once.
 */
export const RECORDED = [
  { id: 'ep', kind: 'measurement' },
  { id: 'tp', kind: 'measurement' },
  { id: 'straggler', kind: 'measurement' },
  { id: 'decode', kind: 'generation' },
  { id: 'sweep-ep', kind: 'sweep' },
  { id: 'sweep-tp', kind: 'sweep' },
  { id: 'h200-host', kind: 'traces' },
  { id: 'h200-nvlink', kind: 'traces' },
] as const;
type Recorded = (typeof RECORDED)[number];
export type RecordedId = Recorded['id'];
type TracesId = Extract<Recorded, { kind: 'traces' }>['id'];

/** Its file, relative to the page: a run file, which says where and when. Traces have a folder. */
export const recordedPath = (id: string): string => `recorded/${id}.json.gz`;

/** Traces of PyTorch's profiler that are one run together, and what they do not say themselves. */
export type RecordedTraces = Omit<TracesRun, 'timelines'> & {
  readonly name: string;
  readonly machine: string;
  readonly ranks: number;
  readonly timelines: readonly Pick<TracesRun['timelines'][number], 'combination' | 'wallMs'>[];
};

const H200S = {
  machine: '2 × NVIDIA H200, torch.distributed (torch 2.11, NCCL 2.28.9)',
  model: 'DeepSeek-V2-Lite',
  layers: 8,
  tokens: 4096,
  ranks: 2,
  repeats: 15,
} as const;

export const RECORDED_TRACES: Readonly<Record<TracesId, RecordedTraces>> = {
  'h200-host': {
    ...H200S,
    name: 'Two real GPUs, through host memory',
    date: '2026-11-26T04:20:24Z',
    timelines: [
      timeline('regular', 'blocking', [31.9, 31.78, 32.1]),
      timeline('regular', 'overlapped', [32.14, 31.81, 32.5]),
      timeline('farskip', 'blocking', [32.02, 31.87, 32.11]),
      timeline('farskip', 'overlapped', [27.78, 27.52, 28.28]),
    ],
  },
  'h200-nvlink': {
    ...H200S,
    name: 'Two real GPUs, NVLink',
    date: '2026-11-26T04:19:55Z',
    timelines: [
      timeline('regular', 'blocking', [21.28, 21.18, 21.48]),
      timeline('farskip', 'overlapped', [21.03, 20.97, 21.25]),
    ],
  },
};

function timeline(
  connectivity: string,
  schedule: ScheduleKind,
  [median, low, high]: readonly [median: number, low: number, high: number],
): RecordedTraces['timelines'][number] {
  return { combination: { connectivity, schedule }, wallMs: { median, low, high } };
}

/** The trace of a rank, relative to the page. */
export const tracePath = (id: string, combination: Combination, rank: number): string =>
  `recorded/${id}/${keyOf(combination)}.rank${rank}.json.gz`;
