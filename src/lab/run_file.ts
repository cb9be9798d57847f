import { SCHEDULES } from '../schedule/orders';
import { MOST_RANKS } from '../trace/chrome_trace';
import { fromColumns, SpanColumns, toColumns } from '../trace/span_columns';
import { InputError } from '../words/error';
import { type Phrase, phrase } from '../words/phrase';
import { whyNot, z } from '../words/zod';
import { type LabRun, LONGEST_NAME, type RunContent, SWEEP_SETTINGS } from './lab_run';
import type { Measurement } from './measure';
import { GenerateSettings, Settings } from './settings';

/** Of the format; a change that old files can't be read with raises it. docs/runs.md says what each part means. */
export const RUN_FILE_VERSION = 1;
const FORMAT = 'farskip-lab run';

const number = z.number();
const count = z.number().int().min(0);
const text = z.string().max(1_000_000);
const Estimate = z.object({ median: number, low: number, high: number });
const Combination = { connectivity: text, schedule: z.enum(SCHEDULES) };
const Manifest = z.object({
  commit: text,
  date: z.iso.datetime(),
  runtime: text,
  adapter: text,
  timestamps: z.boolean(),
  selfTest: z.object({
    devices: z.enum(['at once', 'share', 'in turn']).nullable(),
    readBack: z.object({ ms: number, workMs: number }),
    tickNs: number.nullable(),
    clockErrorMs: number.nullable(),
    roundTripMs: number,
  }),
  seed: number,
});
const MadeFor = z.enum(['regular', 'farskip', 'both', 'none']);
const Term = z.custom<'embedding' | `${'attention' | 'shared' | 'routed'}.${number}`>(
  (value) => typeof value === 'string' && /^(embedding|(attention|shared|routed)\.\d+)$/.test(value),
);
const Exposure = z.object({
  op: count,
  name: text,
  layer: count.nullable(),
  ms: number,
  hiddenMs: number,
  exposed: z.object({ awaited: number, noWork: number, host: number }),
  awaitedBy: text.nullable(),
  reason: z.enum(['wire slower than compute', 'waited for', 'no work left', 'host late']).nullable(),
});
const CombinationResult = z.object({
  ...Combination,
  wallMs: Estimate,
  computeMs: Estimate,
  commMs: Estimate,
  hidden: Estimate.nullable(),
  hostMs: Estimate,
  exposures: z.array(Exposure),
  boundMs: number,
  hiddenBound: number.nullable(),
  speedup: Estimate,
  logitsSha256: text,
  clockErrorMs: number.nullable(),
  resolutionMs: number,
  table: z.array(z.object({ attention: z.array(Term), shared: z.array(Term), routed: z.array(Term) })),
  spans: SpanColumns,
  routing: z.array(z.object({ layer: count, load: z.array(count) })),
  continuation: z.object({ ids: z.array(count), text }).nullable(),
});
const MeasurementFile = z.object({
  manifest: Manifest,
  settings: Settings,
  madeFor: MadeFor,
  link: z.object({ gbps: number, us: number, dilation: number }).nullable(),
  allReduce: z.enum(['direct', 'ring']).nullable(),
  repeats: count,
  promptTokens: count,
  results: z.array(CombinationResult).min(1),
});
const GenerationFile = z.object({
  manifest: Manifest,
  settings: GenerateSettings,
  madeFor: MadeFor,
  results: z
    .array(
      z.object({
        ...Combination,
        promptTokens: z.array(count),
        prompts: z.array(text),
        continuations: z.array(
          z.object({
            ids: z.array(count),
            text,
            ended: z.enum(['no', 'length', 'stop token', 'stopped']),
            ttftMs: number.nullable(),
            gapsMs: z.array(number),
          }),
        ),
        ttftMs: number.nullable(),
        tbtMs: z.object({ median: number, p95: number }).nullable(),
        steps: z.array(z.object({ tokens: count, prefill: z.boolean(), wallMs: number, hidden: number.nullable() })),
        cacheBytes: number,
      }),
    )
    .min(1),
  steps: z.array(z.object({ step: count, combination: z.object(Combination), spans: SpanColumns })),
});
const Content = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('measurement'), measurement: MeasurementFile }),
  z.object({
    kind: z.literal('sweep'),
    over: z.enum(SWEEP_SETTINGS),
    points: z.array(z.object({ value: number, measurement: MeasurementFile })).min(1),
  }),
  z.object({ kind: z.literal('generation'), generation: GenerationFile }),
  z.object({ kind: z.literal('trace'), ranks: count.max(MOST_RANKS), spans: SpanColumns }),
]);
export const RunId = z.string().regex(/^[\w.-]{1,80}$/);
const RunFile = z.object({
  format: z.literal(FORMAT),
  version: z.literal(RUN_FILE_VERSION),
  id: RunId,
  name: z.string().min(1).max(LONGEST_NAME),
  machine: z.string().max(200).nullable(),
  content: Content,
});

/** A run as the text of a file. */
export function toRunFile({ id, name, machine, ...content }: LabRun): string {
  return JSON.stringify({
    format: FORMAT,
    version: RUN_FILE_VERSION,
    id,
    name,
    machine,
    content: packed(content),
  } satisfies z.input<typeof RunFile>);
}

function packed(content: RunContent): z.input<typeof Content> {
  const measured = (measurement: Measurement) =>
    ({
      ...measurement,
      results: measurement.results.map((result) => ({ ...result, spans: toColumns(result.spans) })),
    }) as z.input<typeof MeasurementFile>;
  switch (content.kind) {
    case 'measurement':
      return { kind: 'measurement', measurement: measured(content.measurement) };
    case 'sweep':
      return {
        kind: 'sweep',
        over: content.over,
        points: content.points.map(({ value, measurement }) => ({ value, measurement: measured(measurement) })),
      };
    case 'generation':
      return {
        kind: 'generation',
        generation: {
          ...content.generation,
          steps: content.generation.steps.map((step) => ({ ...step, spans: toColumns(step.spans) })),
        } as z.input<typeof GenerationFile>,
      };
    case 'trace':
      return { kind: 'trace', ranks: content.ranks, spans: toColumns(content.spans) };
  }
}

/** The run that a file holds. Throws InputError, with the file's name, for what is none. */
export function parseRunFile(file: string, contents: string): LabRun {
  const parsed = RunFile.safeParse(json(file, contents));
  if (!parsed.success)
    throw new InputError(phrase`${file} can't be read as a run of this lab: ${whyNoRun(parsed.error)}.`);
  const { id, name, machine, content } = parsed.data;
  try {
    return { id, name, machine, ...unpacked(content) };
  } catch (cause) {
    if (cause instanceof InputError)
      throw new InputError(phrase`${file} can't be read as a run of this lab: ${cause.phrase}`);
    throw cause;
  }
}

/** Whether a file's text seems to be a run, rather than a trace. */
export const looksLikeRun = (contents: string): boolean => contents.slice(0, 200).includes(`"${FORMAT}"`);

function unpacked(content: z.infer<typeof Content>): RunContent {
  const measured = (measurement: z.infer<typeof MeasurementFile>): Measurement => ({
    ...measurement,
    results: measurement.results.map((result) => ({
      ...result,
      spans: fromColumns(result.spans, measurement.settings.ranks),
    })),
  });
  switch (content.kind) {
    case 'measurement':
      return { kind: 'measurement', measurement: measured(content.measurement) };
    case 'sweep':
      return {
        ...content,
        points: content.points.map(({ value, measurement }) => ({ value, measurement: measured(measurement) })),
      };
    case 'generation': {
      const { steps, ...rest } = content.generation;
      const unpackedSteps = steps.map((step) => ({ ...step, spans: fromColumns(step.spans, rest.settings.ranks) }));
      return { kind: 'generation', generation: { ...rest, steps: unpackedSteps } };
    }
    case 'trace':
      return { ...content, spans: fromColumns(content.spans, content.ranks) };
  }
}

function json(file: string, contents: string): unknown {
  try {
    return JSON.parse(contents);
  } catch {
    throw new InputError(phrase`${file} is not JSON; a run of this lab is a file that “Save” wrote.`);
  }
}

function whyNoRun(error: z.ZodError): Phrase {
  const [where] = error.issues[0]!.path;
  if (where === 'format') return phrase`it does not say that it is one`;
  if (where === 'version') return phrase`it is of another version than ${RUN_FILE_VERSION}`;
  return whyNot(error);
}
