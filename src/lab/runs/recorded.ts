import type { ScheduleKind } from '../../schedule/orders';
import type { Combination } from '../experiments/experiment';
import { keyOf } from '../experiments/track';
import type { TracesRun } from './traces_run';

/**
 * One prefill under all four combinations, experts spread (`ep`), at each model, number of devices and ratio: the page
 * steps from one to the next.
 */
export const GRID = {
  model: ['deepseek-v2-lite-960m', 'qwen3-30b-a3b-470m'],
  ranks: [2, 4, 8],
  ratio: [0.1, 0.25, 0.5, 1, 2],
} as const;
export type GridPoint = { readonly [K in keyof typeof GRID]: (typeof GRID)[K][number] };

/** The short id of a grid's run. */
export const gridId = ({ model, ranks, ratio }: GridPoint): string => `${model}-${ranks}-${ratio}`;

const POINTS = new Map(
  GRID.model.flatMap((model) =>
    GRID.ranks.flatMap((ranks) =>
      GRID.ratio.map((ratio): [string, GridPoint] => [gridId({ model, ranks, ratio }), { model, ranks, ratio }]),
    ),
  ),
);

/** What older links call a run of the grid. */
const ALIASES: Readonly<Record<string, string>> = {
  ep: gridId({ model: 'deepseek-v2-lite-960m', ranks: 4, ratio: 0.25 }),
};

/** Where a run is in the grid; null for any other. */
export const gridPointOf = (id: string): GridPoint | null => POINTS.get(ALIASES[id] ?? id) ?? null;

/** The run that is shown at once when the page opens. */
export const FIRST_RECORDED = gridId({ model: 'deepseek-v2-lite-960m', ranks: 4, ratio: 0.5 });

/** Runs beside the grid that have a name of their own. */
const NAMED = [
  { id: 'tp', kind: 'measurement' },
  { id: 'straggler', kind: 'measurement' },
  { id: 'backward', kind: 'measurement' },
  { id: 'decode', kind: 'generation' },
  { id: 'sweep-ep', kind: 'sweep' },
  { id: 'sweep-tp', kind: 'sweep' },
  { id: 'h200-host', kind: 'traces' },
  { id: 'h200-nvlink', kind: 'traces' },
] as const;
type Named = (typeof NAMED)[number];
export type NamedId = Named['id'];
type TracesId = Extract<Named, { kind: 'traces' }>['id'];

/** Runs that were recorded on another machine and are served with the page, in `recorded/`. */
export const RECORDED = [...[...POINTS.keys()].map((id) => ({ id, kind: 'measurement' }) as const), ...NAMED];

/** Whether a run of this id is served with the page. */
export const isRecorded = (id: string): boolean => gridPointOf(id) !== null || NAMED.some((named) => named.id === id);

/** Its file, relative to the page: a run file, which says where and when. Traces have a folder. */
export function recordedPath(id: string): string {
  const point = gridPointOf(id);
  return `recorded/${point ? `grid/${gridId(point)}` : id}.json.gz`;
}

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
