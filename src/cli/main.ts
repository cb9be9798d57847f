import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { METHOD_IDS } from '../connectivity/methods';
import type { TransferRate } from '../lab/bench';
import type { CheckRow } from '../lab/check';
import type { Evaluation } from '../lab/evaluate';
import type { Generation } from '../lab/generate';
import type { Job, JobEvent } from '../lab/job';
import { nameOf, newRun, type RunContent, type SweepPoint } from '../lab/lab_run';
import type { Measurement } from '../lab/measure';
import { describeDoing } from '../lab/progress';
import { toRunFile } from '../lab/run_file';
import { DEFAULT_GENERATION, DEFAULT_SETTINGS } from '../lab/settings';
import type { Plan } from '../model/plan';
import type { WireFormat } from '../program/lower_all_reduce';
import { printProgram } from '../program/print_program';
import { SCHEDULES } from '../schedule/orders';
import { fromChromeTraces } from '../trace/chrome_trace';
import { InputError } from '../words/error';
import { english, phrase } from '../words/phrase';
import { runInChromium } from './chromium';
import { type ClaimRow, checkClaims } from './claims_command';
import { diskSource } from './disk';
import { runInNode } from './node';
import { integer, link, list, number, ONE_POINT, slow, speedOf, sweep } from './options';
import type { Outcome } from './outcome';
import { benchPage } from './page_bench';
import { programOf, timeSchedules } from './program_command';
import {
  checkTable,
  claimsTable,
  generationJson,
  generationTable,
  measureJson,
  measureTable,
  measureTraces,
  overlapTable,
  pageTable,
  transferTable,
} from './report';
import { hasSwiftshaderEnvironment, respawnOnSwiftshader } from './swiftshader';

/** The folder that the command runs in: the project's root. */
const ROOT = process.cwd();
const SITE = join(ROOT, 'dist');

type Where = { gpu?: 'hardware' | 'swiftshader'; runtime: 'chromium' | 'node' };

const program = new Command('lab')
  .description('FarSkip Lab from a terminal')
  .exitOverride()
  .configureOutput({ outputError: () => {} })
  .showSuggestionAfterError(false);

const METHODS_LIST = METHOD_IDS.join(', ');

/** Options of every command. */
const runs = (command: Command): Command =>
  command
    .addOption(
      new Option('--gpu <kind>', 'which adapter (default: hardware where one answers)').choices([
        'swiftshader',
        'hardware',
      ]),
    )
    .addOption(
      new Option('--runtime <kind>', 'headless Chromium, or Dawn in Node')
        .choices(['chromium', 'node'])
        .default('chromium'),
    );

const parallel = () =>
  new Option('--parallel <plan>', 'ep: sequences dealt out, experts spread; tp: heads, channels and experts spread')
    .choices(['ep', 'tp'])
    .default('ep');
const wire = (format: WireFormat) =>
  new Option('--wire <format>', 'how values travel: 4 bytes each, or 2').choices(['f32', 'bf16']).default(format);
const allReduce = () =>
  new Option('--all-reduce <way>', 'of tp; auto: the quicker one for the size')
    .choices(['auto', 'direct', 'ring'])
    .default('auto');

runs(program.command('measure'))
  .description('measure connectivities under schedules, in turn, over one emulated wire')
  .option('--model <id>', 'a preset, or the path or address of a checkpoint folder', DEFAULT_SETTINGS.model)
  .option('--balanced', 'deal experts out evenly (untrained models only)', false)
  .option('--connectivity <list>', METHODS_LIST, list, DEFAULT_SETTINGS.connectivity)
  .option('--schedule <list>', 'blocking, overlapped', list, DEFAULT_SETTINGS.schedule)
  .addOption(parallel())
  .addOption(wire('bf16'))
  .addOption(allReduce())
  .addOption(
    new Option('--backing <kind>', 'shared: one GPUDevice for all ranks; separate: one each, messages through the host')
      .choices(['shared', 'separate'])
      .default('shared'),
  )
  .option('--ranks <n>', 'emulated devices', integer, DEFAULT_SETTINGS.ranks)
  .option('--tokens <n>', 'tokens of the sequence on each device', integer, DEFAULT_SETTINGS.tokens)
  .option(
    '--link <spec>',
    'GBPS,US, ratio:R, or native (separate backing: no pace but that of the way)',
    link,
    DEFAULT_SETTINGS.link,
  )
  .option('--dilate <n>', 'how many times slower links are made (default: the number of ranks)', number)
  .option('--nodes <n>', 'nodes that the devices are in', integer, 1)
  .option('--between <spec>', 'link between nodes, GBPS,US (default: as within)', link)
  .option('--jitter <share>', 'how much longer messages take on average, drawn for each (0.2: a fifth)', number, 0)
  .option('--slow <rank,times>', 'a device whose messages take so many times as long', slow)
  .option('--seed <n>', 'of the jitter', integer, DEFAULT_SETTINGS.seed)
  .option('--repeats <n>', 'counted runs of each combination', integer, DEFAULT_SETTINGS.repeats)
  .option('--until <share>', "go on until each speed-up's interval is narrower than this share of it", number)
  .option('--budget <seconds>', 'begin no further run after so long', number, DEFAULT_SETTINGS.budget)
  .option('--json <file>', 'write everything to a file')
  .option('--save <file>', 'write the run, as the page opens it')
  .option('--name <text>', 'of the saved run')
  .option('--machine <text>', 'what the machine of the saved run is called')
  .option('--lean', 'save numbers alone, no timelines', false)
  .option('--trace <file>', 'write a Chrome trace of each combination: FILE with its name before the ending')
  .option('--sweep <name=list>', 'measure again and again: tokens=64,256, ranks=2,4 or ratio=0.1,0.5', sweep)
  .action(
    async ({
      gpu,
      runtime,
      json,
      save,
      name,
      machine,
      lean,
      trace,
      nodes,
      between,
      jitter,
      slow: straggler,
      sweep: swept = ONE_POINT,
      ...rest
    }) => {
      const settings = {
        ...DEFAULT_SETTINGS,
        ...rest,
        model: modelAt(rest.model),
        dilate: rest.dilate ?? null,
        until: rest.until ?? null,
        topology: { nodes, between: speedOf(between), jitter, slow: straggler ?? null },
      };
      const written: unknown[] = [];
      const measured: SweepPoint[] = [];
      for (const [i, { value, change }] of swept.points.entries()) {
        const own = { ...settings, ...change };
        const result = {
          ...((await run({ kind: 'measure', settings: own }, { gpu, runtime })) as Measurement),
          settings: own,
        };
        console.log(measureTable(result));
        if (trace)
          for (const [path, text] of measureTraces(result, trace, swept.over ? i + 1 : null)) writeFileSync(path, text);
        measured.push({ value, measurement: lean ? withoutSpans(result) : result });
        written.push(measureJson(result));
        // After each point: a sweep that is stopped keeps what it has.
        if (json) writeFileSync(json, `${JSON.stringify(swept.over ? written : written[0], null, 1)}\n`);
        if (save)
          saveRun(
            save,
            name,
            machine,
            swept.over
              ? { kind: 'sweep', over: swept.over, points: measured }
              : { kind: 'measurement', measurement: measured[0]!.measurement },
          );
      }
    },
  );

program
  .command('overlap')
  .description('how much communication lies under computation in Chrome traces: ours, or those of PyTorch profiles')
  .argument('<files...>', 'one file, or one a rank')
  .action((files: string[]) => {
    const traces = files.map((name) => ({ name, text: readFileSync(file(name), 'utf8') }));
    console.log(overlapTable(fromChromeTraces(traces)));
  });

runs(program.command('check'))
  .description("compare folders' forward passes with their expected.*.safetensors")
  .argument('<dirs...>', 'checkpoint folders')
  .option('--ranks <n>', 'emulated devices', integer, 1)
  .addOption(parallel())
  .action(
    async (dirs: string[], { ranks, parallel: kind, ...where }: Where & { ranks: number; parallel: Plan['kind'] }) => {
      const rows: CheckRow[] = [];
      for (const dir of dirs) {
        const job: Job = {
          kind: 'check',
          folder: folder(dir),
          connectivities: connectivitiesIn(dir),
          plan: { kind, ranks },
        };
        rows.push(...((await run(job, where)) as CheckRow[]).map((row) => ({ ...row, folder: dir })));
      }
      console.log(checkTable(rows));
      if (rows.some(({ status }) => status === 'failed')) process.exitCode = 1;
    },
  );

runs(program.command('eval'))
  .description('mean next-token cross-entropy of a checkpoint over windows of tokens')
  .argument('<dir>', 'checkpoint folder')
  .option('--connectivity <name>', `${METHODS_LIST} (default: as the checkpoint's config says)`)
  .requiredOption('--val <file>', 'safetensors file with input_ids [windows, tokens]')
  .option('--ranks <n>', 'emulated devices', integer, 1)
  .action(
    async (
      dir: string,
      { connectivity, val, ranks, ...where }: Where & { connectivity?: string; val: string; ranks: number },
    ) => {
      const job: Job = {
        kind: 'evaluate',
        folder: folder(dir),
        connectivity: connectivity ?? null,
        val: file(val),
        ranks,
      };
      const { loss, sequences, tokens } = (await run(job, where)) as Evaluation;
      console.log(`${loss.toFixed(4)} mean cross-entropy over ${tokens} tokens of ${sequences} windows`);
    },
  );

runs(program.command('generate'))
  .description('continue prompts, token by token with a key-value cache')
  .argument('<model>', 'checkpoint folder, its address, or a preset')
  .option('--connectivity <list>', `${METHODS_LIST} (default: as the checkpoint's config says)`, list, ['config'])
  .requiredOption(
    '--prompt <text>',
    'text to continue; given again: further requests of the batch',
    (text, all: string[]) => [...all, text],
    [],
  )
  .option('--others <n>', 'further requests: passages as long as the first prompt', integer, 0)
  .option('--tokens <n>', 'tokens to add at most', integer, DEFAULT_GENERATION.tokens)
  .option('--ranks <n>', 'emulated devices', integer, 1)
  .addOption(parallel())
  .addOption(wire('f32'))
  .addOption(allReduce())
  .option('--nodes <n>', 'nodes that the devices are in', integer, 1)
  .option('--between <spec>', 'link between nodes, GBPS,US (default: as within)', link)
  .option('--chunk <n>', 'prompt tokens of a request that one step takes at most', integer, DEFAULT_GENERATION.chunk)
  .addOption(new Option('--schedule <kind>', 'how collectives are waited for').choices(SCHEDULES).default('overlapped'))
  .option('--link <spec>', 'GBPS,US (default: a wire that takes no time)', link)
  .option('--dilate <n>', 'how many times slower links are made (default: the number of ranks)', number)
  .option('--temperature <t>', '0: the most likely token', number, 0)
  .option('--top-k <k>', 'draw from the k most likely; 0: from all', integer, 0)
  .option('--top-p <p>', 'draw from the fewest that together have probability p', number, 1)
  .option('--seed <n>', 'of the draws', integer, 1)
  .option('--balanced', 'deal experts out evenly (untrained models only)', false)
  .option('--ignore-stop', 'go on after the stop tokens that the config names', false)
  .option('--save <file>', 'write the run, as the page opens it')
  .option('--name <text>', 'of the saved run')
  .option('--machine <text>', 'what the machine of the saved run is called')
  .option('--json <file>', 'write everything to a file')
  .action(async (model: string, options) => {
    const {
      gpu,
      runtime,
      json,
      save,
      name,
      machine,
      prompt,
      temperature,
      topK,
      topP,
      ignoreStop,
      link: within,
      nodes,
      between,
      dilate,
      ...rest
    } = options;
    const settings = {
      ...DEFAULT_GENERATION,
      ...rest,
      model: modelAt(model),
      prompts: prompt,
      sampling: { temperature, topK, topP },
      stopAtEnd: !ignoreStop,
      link: speedOf(within),
      topology: { nodes, between: speedOf(between), jitter: 0, slow: null },
      dilate: dilate ?? null,
    };
    // The settings as they were given: elsewhere a folder may go by another name.
    const result = { ...((await run({ kind: 'generate', settings }, { gpu, runtime })) as Generation), settings };
    console.log(generationTable(result));
    if (save) saveRun(save, name, machine, { kind: 'generation', generation: result });
    if (json) writeFileSync(json, `${JSON.stringify(generationJson(result), null, 1)}\n`);
  });

runs(program.command('bench'))
  .description(
    'how many bytes a second go between devices and the host, and from device to device through it, each way that there is',
  )
  .option(
    '--mib <list>',
    'sizes of what each device sends at a time',
    (text) => list(text).map(number),
    [0.25, 1, 4, 16],
  )
  .option('--devices <n>', 'GPU devices at work at once', integer, 4)
  .option('--worker-each', 'a worker for each device instead of one for all (Chromium only)', false)
  .option('--json <file>', 'write everything to a file')
  .action(async ({ gpu, runtime, mib, devices, workerEach, json }) => {
    if (workerEach && runtime === 'node')
      throw new InputError(
        phrase`In Node there is one worker for all devices; leave --worker-each out or run in Chromium.`,
      );
    if (devices < 1 || mib.some((size: number) => !(size > 0) || size > 256))
      throw new InputError(phrase`A bench needs at least one device and sizes above 0, up to 256 MiB.`);
    const settings = { mib, devices, workerEach };
    const rates = (await run({ kind: 'bench', settings }, { gpu, runtime })) as TransferRate[];
    console.log(transferTable(rates));
    if (json) writeFileSync(json, `${JSON.stringify({ settings, rates }, null, 1)}\n`);
  });

program
  .command('program')
  .description('what a model is lowered to: a line a value that comes from outside or is kept, a line an operation')
  .argument('<model>', 'a preset, or the path or address of a checkpoint folder')
  .option('--connectivity <name>', METHODS_LIST, 'farskip')
  .option('--ranks <n>', 'emulated devices', integer, DEFAULT_SETTINGS.ranks)
  .addOption(parallel())
  .addOption(wire('bf16'))
  .addOption(new Option('--all-reduce <way>', 'of tp').choices(['direct', 'ring']).default('direct'))
  .option('--cached', 'with key-value caches, as for decoding', false)
  .option('--layers <n>', 'as if it had so many, its last one repeated', integer)
  .option('--micro-batches <n>', 'batches that one program computes beside one another', integer, 1)
  .option('--time', 'instead of the program, how long its overlapped schedule and its bound take to be found', false)
  .option('--json <file>', 'write those times to a file')
  .action(
    async (
      model: string,
      { connectivity, ranks, parallel: kind, wire: format, allReduce: way, cached, layers, microBatches, time, json },
    ) => {
      const found = await programOf(
        { source: diskSource(SITE), dropped: null },
        {
          model: modelAt(model),
          connectivity,
          plan: { kind, ranks },
          options: { wire: format, allReduce: way, logits: 'last', cached },
          depth: layers ?? null,
          microBatches,
        },
      );
      if (!time) {
        console.log(printProgram(found));
        return;
      }
      const times = timeSchedules(found);
      console.log(
        `${times.operations} operations: overlapped schedule in ${times.scheduleS.toFixed(2)} s, bound in ${times.boundS.toFixed(2)} s`,
      );
      if (json) writeFileSync(json, `${JSON.stringify(times, null, 1)}\n`);
    },
  );

program
  .command('page')
  .description('how quick the page itself is in headless Chromium: first paint, blocking time, frames of its timeline')
  .addOption(
    new Option('--gpu <kind>', 'what Chromium draws and computes with')
      .choices(['swiftshader', 'hardware'])
      .default('swiftshader'),
  )
  .option('--spans <n>', 'spans in the timeline at least', integer, 100_000)
  .option('--json <file>', 'write everything to a file')
  .action(async ({ gpu, spans, json }) => {
    const rate = await benchPage(gpu, SITE, spans);
    console.log(pageTable(rate));
    if (json) writeFileSync(json, `${JSON.stringify(rate, null, 1)}\n`);
  });

program
  .command('claims')
  .description(
    'measures again what README and the documents state, and says of each figure whether it agrees; meant for a machine with a GPU',
  )
  .argument('[part]', "of a claim's name: those claims alone", '')
  .addOption(new Option('--gpu <kind>', 'which adapter its commands use').choices(['swiftshader', 'hardware']))
  .option('--json <file>', 'write everything to a file')
  .action((part: string, { gpu, json }) => {
    const rows: ClaimRow[] = [];
    for (const row of checkClaims(ROOT, part, gpu, (command) => console.error(`npm run lab -- ${command}`))) {
      rows.push(row);
      console.error(claimsTable([row]).split('\n')[1]);
      // After each: what is known is kept when a later command fails.
      if (json) writeFileSync(json, `${JSON.stringify(rows, null, 1)}\n`);
    }
    console.log(claimsTable(rows));
    if (rows.some(({ agreed }) => !agreed)) process.exitCode = 1;
  });

if (process.argv.length <= 2) program.outputHelp();
else
  program.parseAsync().catch((cause: unknown) => {
    if (cause instanceof CommanderError) {
      if (cause.exitCode === 0) return;
      fail(cause.message.replace(/^error: /, ''));
    } else if (cause instanceof InputError) fail(cause.message);
    else throw cause;
  });

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}

/** Runs a job where asked; without --gpu on hardware if an adapter answers, else on SwiftShader. Throws InputError. */
async function run(job: Job, { gpu, runtime }: Where): Promise<unknown> {
  let loading = '';
  const onEvent = (event: JobEvent) => {
    if (event.kind !== 'progress') return;
    // Loading tells its bytes often: say so once.
    const doing = describeDoing(event.doing);
    if (event.doing.phase === 'loading') {
      if (doing !== loading) console.error(doing);
      loading = doing;
    } else console.error(`${event.done} of ${event.total}: ${doing}`);
  };
  const attempt = (kind: 'hardware' | 'swiftshader'): Promise<Outcome> =>
    runtime === 'node' ? runInNode(job, kind, SITE, onEvent) : runInChromium(job, kind, SITE, onEvent);
  const onSwiftshader = async (): Promise<Outcome> => {
    if (runtime === 'node' && !hasSwiftshaderEnvironment()) return respawnOnSwiftshader();
    return attempt('swiftshader');
  };
  let outcome =
    gpu === 'swiftshader' || hasSwiftshaderEnvironment() ? await onSwiftshader() : await attempt('hardware');
  if (!outcome.ok && outcome.reason === 'no-adapter' && gpu === undefined) outcome = await onSwiftshader();
  if (outcome.ok) return outcome.result;
  throw new InputError(outcome.phrase);
}

/** The full path of a folder, or a preset or an address as it is. */
function modelAt(model: string): string {
  if (/^https?:/.test(model)) return model;
  return model.includes('/') || existsSync(join(model, 'config.json')) ? folder(model) : model;
}

function folder(dir: string): string {
  if (!existsSync(join(dir, 'config.json')))
    throw new InputError(phrase`${dir} is not a checkpoint folder: it has no config.json.`);
  return resolve(dir);
}

function file(path: string): string {
  if (!existsSync(path)) throw new InputError(phrase`There is no file ${path}.`);
  return resolve(path);
}

function connectivitiesIn(dir: string): string[] {
  folder(dir);
  const names = readdirSync(dir).flatMap((name) => /^expected\.(.+)\.safetensors$/.exec(name)?.[1] ?? []);
  if (names.length === 0) throw new InputError(phrase`${dir} has no expected.*.safetensors to check against.`);
  return names.sort();
}

const withoutSpans = (measurement: Measurement): Measurement => ({
  ...measurement,
  results: measurement.results.map((result) => ({ ...result, spans: [] })),
});

function saveRun(path: string, name: string | undefined, machine: string | undefined, content: RunContent): void {
  writeFileSync(path, toRunFile(newRun(content, name ?? english(nameOf(content)), machine ?? null)));
}
