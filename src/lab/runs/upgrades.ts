/**
 * What makes of a run file's data that of the next version: the first of version 1 that of version 2, and so on. What
 * is not as it should be is left as it is: the schema of the newest version then says what is wrong.
 */
export const UPGRADES: readonly ((file: object) => object)[] = [from1to2, from2to3, from3to4, from4to5];

type Loose = Readonly<Record<string, unknown>>;
const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** An object with some of its entries made anew; anything else as it is. */
const remade = (value: unknown, make: (own: Loose) => Loose): unknown =>
  isLoose(value) ? { ...value, ...make(value) } : value;
const eachRemade = (value: unknown, make: (own: Loose) => Loose): unknown =>
  Array.isArray(value) ? value.map((each) => remade(each, make)) : value;

/** Content lies under `result`; what weights were made for is a list of methods; columns of operations have names. */
function from1to2(file: object): object {
  return { ...file, content: remade((file as Loose).content, (content) => ({ result: resultOf1(content) })) };
}

function resultOf1({ kind, ...content }: Loose): unknown {
  switch (kind) {
    case 'measurement':
      return measurementOf1(content.measurement);
    case 'sweep':
      return {
        over: content.over,
        points: eachRemade(content.points, ({ measurement }) => ({ measurement: measurementOf1(measurement) })),
      };
    case 'generation':
      return remade(content.generation, ({ madeFor, steps }) => ({
        madeFor: madeForOf1(madeFor),
        steps: eachRemade(steps, ({ spans }) => ({ spans: columnsOf1(spans) })),
      }));
    default:
      return { ...content, spans: columnsOf1(content.spans) };
  }
}

const measurementOf1 = (measurement: unknown): unknown =>
  remade(measurement, ({ madeFor, results }) => ({
    madeFor: madeForOf1(madeFor),
    results: eachRemade(results, ({ spans }) => ({ spans: columnsOf1(spans) })),
  }));

const MADE_FOR: Readonly<Record<string, readonly string[]>> = {
  none: [],
  regular: ['regular'],
  farskip: ['farskip'],
  both: ['regular', 'farskip'],
};
const madeForOf1 = (madeFor: unknown): unknown =>
  typeof madeFor === 'string' && Object.hasOwn(MADE_FOR, madeFor) ? MADE_FOR[madeFor] : madeFor;

/** Operations were rows without names: id, name, block, layer, kernel, clock. All was forward. */
const columnsOf1 = (spans: unknown): unknown =>
  remade(spans, ({ operations }) => {
    if (!Array.isArray(operations) || !operations.every(Array.isArray)) return {};
    const column = (at: number) => (operations as unknown[][]).map((row) => row[at]);
    return {
      operations: {
        id: column(0),
        name: column(1),
        block: column(2),
        phase: operations.map(() => 'forward'),
        layer: column(3),
        kernel: column(4),
        clock: column(5),
      },
    };
  });

/** What makes anew what a file can hold: a measurement, those of a sweep too, a text, or a trace. */
type Makers = Readonly<Record<'measurement' | 'generation' | 'trace', (result: unknown) => unknown>>;

/** A file of version 2 or later with its result made anew. */
const resultRemade = (file: object, make: Makers): object => ({
  ...file,
  content: remade((file as Loose).content, ({ kind, result }) => ({ result: remadeBy(make, kind, result) })),
});

function remadeBy(make: Makers, kind: unknown, result: unknown): unknown {
  switch (kind) {
    case 'measurement':
      return make.measurement(result);
    case 'sweep':
      return remade(result, ({ points }) => ({
        points: eachRemade(points, ({ measurement }) => ({ measurement: make.measurement(measurement) })),
      }));
    case 'generation':
      return make.generation(result);
    default:
      return make.trace(result);
  }
}

/** Manifests say by which definitions numbers were made. An interval of one run was that run itself: it is none. */
function from2to3(file: object): object {
  return resultRemade(file, {
    measurement: measurementOf2,
    generation: (result) => remade(result, ({ manifest }) => ({ manifest: manifestOf2(manifest) })),
    trace: (result) => result,
  });
}

const manifestOf2 = (manifest: unknown): unknown => remade(manifest, () => ({ definitions: 1 }));

const measurementOf2 = (measurement: unknown): unknown =>
  remade(measurement, ({ manifest, repeats, results }) => ({
    manifest: manifestOf2(manifest),
    ...(repeats === 1 && { results: eachRemade(results, withoutIntervals) }),
  }));

const ESTIMATES_OF_2 = ['wallMs', 'computeMs', 'commMs', 'hidden', 'hostMs', 'speedup'];
const withoutIntervals = (result: Loose): Loose =>
  Object.fromEntries(ESTIMATES_OF_2.map((key) => [key, remade(result[key], () => ({ low: null, high: null }))]));

/**
 * Kernels have pieces, a queue and a turn; times their source, messages when they were due; copies are spans. Bounds
 * are estimates over the runs. Texts have a list of schedules; the time between tokens, whose samples were requests,
 * has no interval.
 */
function from3to4(file: object): object {
  return resultRemade(file, {
    measurement: measurementOf3,
    generation: generationOf3,
    trace: (result) => remade(result, ({ spans }) => ({ spans: columnsOf3(spans) })),
  });
}

const measurementOf3 = (measurement: unknown): unknown =>
  remade(measurement, ({ results }) => ({
    results: eachRemade(results, ({ spans, boundMs, hiddenBound, exposures }) => ({
      spans: columnsOf3(spans),
      boundMs: alone(boundMs),
      hiddenBound: alone(hiddenBound),
      exposures: eachRemade(exposures, ({ exposed }) => ({ exposed: remade(exposed, () => ({ gaps: 0 })) })),
    })),
  }));

const generationOf3 = (generation: unknown): unknown =>
  remade(generation, ({ settings, results, steps }) => ({
    settings: remade(settings, ({ schedule }) => ({ schedule: typeof schedule === 'string' ? [schedule] : schedule })),
    results: eachRemade(results, ({ tbtMs }) => ({ tbtMs: remade(tbtMs, () => ({ low: null, high: null })) })),
    steps: eachRemade(steps, ({ spans }) => ({ spans: columnsOf3(spans) })),
  }));

const alone = (value: unknown): unknown =>
  typeof value === 'number' ? { median: value, low: null, high: null } : value;

const columnsOf3 = (spans: unknown): unknown =>
  remade(spans, ({ operations, compute, message }) => ({
    operations: remade(operations, ({ clock, id }) => ({ source: clock, sharing: repeated(id, 1) })),
    compute: remade(compute, ({ start }) => ({ open: repeated(start, []), turn: repeated(start, null) })),
    message: remade(message, ({ length, start }) => ({ due: length, port: repeated(start, null) })),
    copy: { operation: [], rank: [], start: [], length: [], bytes: [] },
  }));

const repeated = (column: unknown, value: unknown): unknown =>
  Array.isArray(column) ? column.map(() => value) : column;

/** Columns of spans may say their unit; before it was always the one that they have where they say none. */
function from4to5(file: object): object {
  return file;
}
