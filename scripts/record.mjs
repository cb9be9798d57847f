// Records anew the runs that are served with the page, and how quick kernels are, on this machine's GPU, into
// public/recorded: all, or the parts named. node scripts/record.mjs --machine 'NVIDIA H200 141 GB' [PART …]
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';

const FOLDER = 'public/recorded';
const RATIOS = '0.1,0.25,0.5,1,2';
const DEEPSEEK = 'deepseek-v2-lite-960m';
const QWEN = 'qwen3-30b-a3b-470m';
const TOKENS = ['--balanced', '--tokens', '2048', '--repeats', '6'];
const sweep = (model, ranks, parallel) => [
  'measure',
  '--model',
  model,
  '--ranks',
  ranks,
  '--parallel',
  parallel,
  '--sweep',
  `ratio=${RATIOS}`,
  ...TOKENS,
];

const SHAPES = { [DEEPSEEK]: 'DeepSeek-V2-Lite', [QWEN]: 'Qwen3-30B-A3B' };

/** What is run, under which name, and which files its run becomes: itself, its points, or its numbers alone. */
const PARTS = {
  ...Object.fromEntries(
    [DEEPSEEK, QWEN].flatMap((model) =>
      ['2', '4', '8'].map((ranks) => [
        `${model}-${ranks}`,
        {
          name: `${SHAPES[model]}, ${ranks} devices`,
          run: sweep(model, ranks, 'ep'),
          write(file) {
            for (const point of file.content.result.points)
              write(`grid/${model}-${ranks}-${point.value}`, measurementOf(file, point));
            if (model === DEEPSEEK && ranks === '4') write('sweep-ep', withoutSpans(file));
          },
        },
      ]),
    ),
  ),
  tp: {
    name: 'Heads and experts spread, ratios 0.1 to 2',
    run: sweep(DEEPSEEK, '4', 'tp'),
    write(file) {
      write(
        'tp',
        measurementOf(
          file,
          file.content.result.points.find(({ value }) => value === 0.5),
        ),
      );
      write('sweep-tp', withoutSpans(file));
    },
  },
  straggler: {
    name: 'A slow device and jitter',
    run: ['measure', '--model', DEEPSEEK, '--ranks', '4', '--parallel', 'ep', ...TOKENS].concat(
      '--link',
      '25,10',
      '--jitter',
      '0.3',
      '--slow',
      '3,3',
    ),
    write: (file) => write('straggler', file),
  },
  backward: {
    name: 'Forward and backward',
    run: ['measure', '--model', DEEPSEEK, '--ranks', '4', '--parallel', 'ep', '--balanced', '--tokens', '2048'].concat(
      '--pass',
      'backward',
      '--link',
      'ratio:0.5',
      '--repeats',
      '7',
      '--runtime',
      'node',
    ),
    write: (file) => write('backward', file),
  },
  decode: {
    name: 'Decoding over two nodes',
    run: ['generate', DEEPSEEK, '--balanced', '--prompt', 'Alice was beginning to', '--others', '63', '--tokens', '12']
      .concat('--ranks', '4', '--parallel', 'tp', '--wire', 'bf16', '--nodes', '2', '--link', '25,10')
      .concat('--between', '2,50', '--ignore-stop', '--connectivity', 'regular,farskip')
      .concat('--schedule', 'blocking,overlapped'),
    write: (file) => write('decode', file),
  },
  kernels: {
    run: ['bench', 'kernels'],
    bench: true,
    write({ name: _, rates, ...bench }) {
      const date = new Date().toISOString().slice(0, 10);
      const file = { machine: values.machine, date, ...bench, rates: rates.map((rate) => mapped(rate, fewDigits)) };
      writeFileSync(`${FOLDER}/kernels.json`, `${JSON.stringify(file)}\n`);
    },
  },
};
const fewDigits = (value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;

/** A point of a sweep as a run of its own. */
const measurementOf = (file, { value, measurement }) => ({
  ...file,
  id: `${file.id}-${value}`,
  name: `${file.name}, ${value}`,
  content: { kind: 'measurement', result: measurement },
});

/** A sweep's numbers: of a run without timelines the columns are empty. */
function withoutSpans(file) {
  const { points } = file.content.result;
  const empty = (value) => (Array.isArray(value) ? [] : typeof value === 'object' ? mapped(value, empty) : value);
  const lean = ({ measurement, ...point }) => ({
    ...point,
    measurement: {
      ...measurement,
      results: measurement.results.map((result) => ({ ...result, spans: empty(result.spans) })),
    },
  });
  return { ...file, content: { ...file.content, result: { ...file.content.result, points: points.map(lean) } } };
}
const mapped = (value, change) => Object.fromEntries(Object.entries(value).map(([key, own]) => [key, change(own)]));

function write(name, file) {
  mkdirSync(`${FOLDER}/grid`, { recursive: true });
  writeFileSync(`${FOLDER}/${name}.json.gz`, gzipSync(JSON.stringify(file), { level: 9 }));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { machine: { type: 'string' }, from: { type: 'string' } },
});
for (const part of positionals.length > 0 ? positionals : Object.keys(PARTS)) {
  const { name, run, bench = false, write: writeFiles } = PARTS[part];
  // --from FOLDER: what was saved there as PART.json.gz (of a bench PART.json), on another machine, is taken instead of
  // running it.
  const saved = `${values.from ?? 'build'}/${part}.json${bench ? '' : '.gz'}`;
  if (!values.from) {
    const lab = ['build/cli/main.js', ...run, '--gpu', 'hardware', bench ? '--json' : '--save', saved];
    const machine = values.machine && !bench ? ['--machine', values.machine] : [];
    const { status } = spawnSync('node', [...lab, ...machine], { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  }
  const content = readFileSync(saved);
  writeFiles({ ...JSON.parse((bench ? content : gunzipSync(content)).toString()), name });
}
