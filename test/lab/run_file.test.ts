import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_GENERATION } from '../../src/lab/experiments/generation/settings';
import { DEFAULT_MEASUREMENT } from '../../src/lab/experiments/measurement/settings';
import { type LabRun, newRun } from '../../src/lab/runs/lab_run';
import { parseRunFile, toRunFile } from '../../src/lab/runs/run_file';
import { tracksOf } from '../../src/lab/runs/run_kinds';
import { BLOCKS, PHASES } from '../../src/program/program';
import { type Span, TIME_SOURCES } from '../../src/trace/span';

const RANKS = 4;
/** Times in the file's unit, a tenth of a microsecond, so that they come back as they are. */
const time = fc.integer({ min: 0, max: 10_000_000 }).map((units) => units / 10_000);
const bytes = fc.integer({ min: 0, max: 2 ** 40 });
const rank = fc.integer({ min: 0, max: RANKS - 1 });
const at = fc
  .record({
    op: fc.nat(999),
    rank,
    name: fc.constantFrom('q', 'k “v”', '<b>', ''),
    // Of later versions, too.
    block: fc.constantFrom(...BLOCKS, 'loss'),
    phase: fc.constantFrom(...PHASES),
    layer: fc.option(fc.nat(60)),
    start: time,
    length: time,
    source: fc.constantFrom(...TIME_SOURCES),
  })
  .map(({ length, ...rest }) => ({
    ...rest,
    end: (Math.round(rest.start * 10_000) + Math.round(length * 10_000)) / 10_000,
  }));
/** Times on the grid of the columns, within a span, as shares of it. */
const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 6 });
const compute = fc.record({
  kind: fc.constant('compute' as const),
  cuts,
  turnAt: fc.option(time),
  sharing: fc.integer({ min: 1, max: 8 }),
  kernel: fc.constantFrom('gemm', 'adamw of a later version', null),
  gpuMs: fc.option(time),
  uncertain: fc.boolean(),
  flops: fc.option(bytes),
  submitted: fc.option(time),
  awaited: fc.option(fc.record({ op: fc.nat(999), at: time })),
});
const collective = fc.record({ kind: fc.constant('collective' as const), sentBytes: bytes, receivedBytes: bytes });
const message = fc.record({ kind: fc.constant('message' as const), to: rank, bytes, portMs: fc.option(time) });
const copy = fc.record({ kind: fc.constant('copy' as const), bytes });
type Drawn = Span & { readonly cuts?: readonly number[] };
function completed({ cuts, ...span }: Drawn): Span {
  if (span.kind === 'message') return { ...span, due: span.end } as Span;
  if (span.kind !== 'compute') return span as Span;
  const [first, last] = [Math.round(span.start * 10_000), Math.round(span.end * 10_000)];
  const at = [...new Set(cuts!.map((cut) => first + Math.round((cut / 1000) * (last - first))))]
    .filter((place) => place > first && place < last)
    .sort((a, b) => a - b);
  // Between an odd cut and the next one the kernel did not run.
  const edges = [first, ...(at.length % 2 === 0 ? at : at.slice(1)), last].map((place) => place / 10_000);
  return {
    ...span,
    pieces: edges.flatMap((edge, i) => (i % 2 === 0 ? [[edge, edges[i + 1]!]] : [])),
  } as unknown as Span;
}
const spansOf = (own: fc.Arbitrary<object>) =>
  fc.array(
    fc.tuple(at, own).map(([common, rest]) => completed({ ...common, ...rest } as unknown as Drawn)),
    { maxLength: 12 },
  );
const spans = fc
  .tuple(spansOf(compute), spansOf(collective), spansOf(message), spansOf(copy))
  .map((groups) => groups.flat());

const manifest = {
  definitions: 2,
  commit: 'abc',
  date: '2026-11-24T20:45:12.345Z',
  runtime: 'Node',
  adapter: 'a GPU',
  timestamps: true,
  selfTest: { devices: null, readBack: { ms: 1, workMs: 20 }, tickNs: 1000, clockErrorMs: 0.01, roundTripMs: 0.2 },
  seed: 1,
  disturbances: [{ kind: 'hidden', ms: 1200 } as const, { kind: 'throttled', timers: 2, lateMs: 300 } as const],
};
const one = { median: 2, low: 1, high: 3 };
const categories = { kernel: 1, peer: 2, copy: 3, waiting: 4, 'launch gap': 5, host: 6, end: 7, unknown: 0 };
const measurementOf = (own: readonly Span[]): LabRun =>
  newRun(
    {
      kind: 'measurement',
      result: {
        manifest,
        settings: DEFAULT_MEASUREMENT,
        madeFor: ['regular', 'farskip'],
        link: { gbps: 25, us: 10, dilation: 4 },
        asked: { wireMs: 3, computeMs: 6 },
        allReduce: null,
        repeats: 3,
        promptTokens: 64,
        results: [
          {
            connectivity: 'farskip',
            schedule: 'overlapped',
            wallMs: one,
            computeMs: one,
            commMs: one,
            hidden: one,
            hostMs: one,
            exposures: [],
            boundMs: one,
            hiddenBound: one,
            boundBroken: 0,
            paid: { ms: one, wireMs: one, hostMs: null, share: one },
            categories,
            imbalanceMs: one,
            ratioReached: null,
            speedup: one,
            logitsSha256: 'f',
            clockErrorMs: 0.1,
            resolutionMs: 0,
            table: [{ attention: ['routed.0'], shared: [], routed: ['attention.1'] }],
            spans: own,
            routing: [{ layer: 1, load: [3, 4] }],
            continuation: null,
          },
        ],
      },
    },
    'a name',
  );
const generationSpan = {
  kind: 'compute' as const,
  op: 3,
  rank: 1,
  name: 'k',
  block: 'routed',
  phase: 'forward' as const,
  layer: 0,
  start: 1,
  end: 2,
  source: 'gpu' as const,
  pieces: [[1, 1.25] as const, [1.5, 2] as const],
  turnAt: 1,
  sharing: 2,
  kernel: 'gemm',
  gpuMs: 0.25,
  uncertain: false,
  flops: 8,
  submitted: 0.5,
  awaited: { op: 2, at: 1 },
};
const generation: LabRun = newRun(
  {
    kind: 'generation',
    result: {
      manifest,
      settings: DEFAULT_GENERATION,
      madeFor: [],
      results: [
        {
          connectivity: 'regular',
          schedule: 'overlapped',
          promptTokens: [4],
          prompts: ['a'],
          continuations: [{ ids: [1], text: 'b', ended: 'length', ttftMs: 1, gapsMs: [2] }],
          ttftMs: 1,
          tbtMs: { ...one, p95: 4 },
          decoding: {
            steps: 1,
            hidden: one,
            boundMs: one,
            hiddenBound: null,
            boundBroken: 0,
            categories,
            ratioReached: one,
            speedup: null,
          },
          steps: [
            { tokens: 4, prefill: true, wallMs: 7, hidden: null },
            {
              tokens: 1,
              prefill: false,
              wallMs: 2,
              hidden: 0.5,
              numbers: { boundMs: 1, hiddenBound: 0.75, boundBroken: false, categories, ratioReached: null },
            },
          ],
          cacheBytes: 12,
        },
      ],
      steps: [0, 1].map((step) => ({
        step,
        combination: { connectivity: 'regular', schedule: 'overlapped' as const },
        spans: [generationSpan],
      })),
    },
  },
  'text',
);

test('a run comes back from its file as it was', () => {
  fc.assert(
    fc.property(spans, (own) => {
      const run = measurementOf(own);
      expect(parseRunFile('run.json', toRunFile(run))).toEqual(run);
    }),
  );
  expect(parseRunFile('run.json', toRunFile(generation))).toEqual(generation);
  const trace: LabRun = newRun(
    { kind: 'trace', result: { ranks: 2, spans: [] } },
    'a trace',
    'an H100',
    '2026-01-01T00:00:00Z',
  );
  expect(parseRunFile('run.json', toRunFile(trace))).toEqual(trace);
});

test('what a GPU without timestamps and templated kernels give is opened again too', () => {
  const run = measurementOf([]);
  if (run.kind !== 'measurement') throw new Error('a measurement');
  const [result] = run.result.results;
  const coarse: LabRun = { ...run, result: { ...run.result, results: [{ ...result!, clockErrorMs: null }] } };
  expect(parseRunFile('run.json', toRunFile(coarse))).toEqual(coarse);
  const long = newRun(
    { kind: 'trace', result: { ranks: 1, spans: [{ ...generationSpan, rank: 0, name: 'k'.repeat(900) }] } },
    'n'.repeat(999),
    null,
    '2026-01-01T00:00:00Z',
  );
  const opened = parseRunFile('run.json', toRunFile(long));
  expect(opened.name).toBe('n'.repeat(200));
  expect(opened.kind === 'trace' && opened.result.spans[0]!.name).toBe('k'.repeat(500));
});

test('settings that a file does not have are the defaults, and methods and models of later versions are read', () => {
  const file = JSON.parse(toRunFile(measurementOf([])));
  const { settings, results } = file.content.result;
  delete settings.balanced;
  settings.model = 'a-model-of-2030';
  settings.connectivity = results.map(() => 'a_method_of_2030');
  results[0].connectivity = 'a_method_of_2030';
  file.content.result.of2030 = 1;
  const run = parseRunFile('f.json', JSON.stringify(file));
  if (run.kind !== 'measurement') throw new Error('a measurement');
  expect(run.result.settings).toMatchObject({ balanced: false, model: 'a-model-of-2030' });
  expect(tracksOf(run)[0]!.key).toBe('a_method_of_2030-overlapped');
});

test('steps of a text follow one another in its track, and their operations are told apart', () => {
  const [track] = tracksOf(generation);
  expect(track!.steps).toEqual([
    { at: 0, step: 0 },
    { at: 7, step: 1 },
  ]);
  expect(track!.spans.map(({ start, op }) => [start, op])).toEqual([
    [1, 3],
    [8, 1_000_003],
  ]);
  expect(track!.spans[1]).toMatchObject({ submitted: null, awaited: { op: 1_000_002, at: 8 } });
});

test('what is no run is one sentence that names the file', () => {
  const good = JSON.parse(toRunFile(measurementOf([])));
  const broken = (change: (file: typeof good) => void): string => {
    const file = structuredClone(good);
    change(file);
    return JSON.stringify(file);
  };
  const cases: [string, RegExp][] = [
    ['{', /^f\.json is not JSON; a run of this lab is a file that “Save” wrote\.$/],
    ['[]', /^f\.json can't be read as a run of this lab: /],
    ['{"traceEvents": []}', /it does not say that it is one\.$/],
    [broken((file) => (file.version = 99)), /it is of another version than 1 to 5; a newer lab may read it\.$/],
    [broken((file) => (file.id = '../../x')), /: id: /],
    [broken((file) => (file.content.result.settings.ranks = 'many')), /settings\.ranks: /],
    [
      broken((file) => file.content.result.results[0].spans.compute.rank.push(1)),
      /^f\.json can't be read as a run of this lab: the columns of its spans differ in length/,
    ],
    [
      broken((file) =>
        Object.assign(file.content.result.results[0].spans.message, {
          operation: [0],
          rank: [9],
          start: [0],
          length: [1],
          to: [0],
          bytes: [1],
          due: [1],
          port: [null],
        }),
      ),
      /operation 0, which it does not list/,
    ],
    [broken((file) => (file.content.result.settings.ranks = 0)), /settings\.ranks: /],
    [
      broken((file) => {
        file.content = JSON.parse(toRunFile(generation)).content;
        file.content.result.settings.ranks = 1;
      }),
      /it has a span of device 1, but 1 devices/,
    ],
  ];
  for (const [text, sentence] of cases) expect(() => parseRunFile('f.json', text)).toThrow(sentence);
  // Anything cut or changed at random is a sentence or a run, never another error.
  const whole = toRunFile(generation);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.string({ maxLength: 3 }), fc.nat(40), (from, instead, length) => {
      try {
        parseRunFile('f.json', whole.slice(0, from) + instead + whole.slice(from + length));
      } catch (cause) {
        expect((cause as Error).name).toBe('InputError');
      }
    }),
    { numRuns: 300 },
  );
});
