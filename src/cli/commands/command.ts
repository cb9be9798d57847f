import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { CONNECTIVITY_IDS } from '../../connectivity/methods';
import { DEFAULT_RUN_SETTINGS, RunSettings } from '../../lab/experiments/run_settings';
import { DRAWN, PRESETS } from '../../model/presets';
import { textOf } from '../../words/bytes_of';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { TIMESTAMPS, type Timestamps } from '../node_gpu';
import { integer, link, list, number, slow, speedOf } from '../options';

/** The folder that the command runs in: the project's root. */
export const ROOT = process.cwd();
export const SITE = join(ROOT, 'dist');

export type Where = {
  readonly gpu?: 'hardware' | 'swiftshader';
  readonly runtime: 'chromium' | 'node';
  readonly timestamps: Timestamps;
};

/** Options of every command that computes on a GPU. */
export const withWhere = (command: Command): Command =>
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
    )
    .addOption(
      new Option('--timestamps <kind>', 'as fine as the GPU has them, or rounded as browsers do by default')
        .choices(TIMESTAMPS)
        .default('fine'),
    );

export const CONNECTIVITIES = CONNECTIVITY_IDS.join(', ');
const { parallel, wire, allReduce } = RunSettings.shape;

export const parallelOption = () =>
  new Option('--parallel <plan>', 'ep: sequences dealt out, experts spread; tp: heads, channels and experts spread')
    .choices(parallel.options)
    .default(DEFAULT_RUN_SETTINGS.parallel);
export const wireOption = () =>
  new Option('--wire <format>', 'how values travel: 4 bytes each, or 2')
    .choices(wire.options)
    .default(DEFAULT_RUN_SETTINGS.wire);

/** Options of the settings that all experiments share, but for the model and the connectivities. */
export const withRunSettings = (command: Command): Command =>
  command
    .option('--balanced', 'deal experts out evenly (untrained models only)', DEFAULT_RUN_SETTINGS.balanced)
    .addOption(parallelOption())
    .addOption(wireOption())
    .addOption(
      new Option('--all-reduce <way>', 'of tp; auto: the quicker one for the size')
        .choices(allReduce.options)
        .default(DEFAULT_RUN_SETTINGS.allReduce),
    )
    .option('--ranks <n>', 'emulated devices', integer, DEFAULT_RUN_SETTINGS.ranks)
    .option('--dilate <n>', 'how many times slower links are made (default: the number of ranks)', number)
    .option('--nodes <n>', 'nodes that the devices are in', integer, DEFAULT_RUN_SETTINGS.topology.nodes)
    .option('--between <spec>', 'link between nodes, GBPS,US (default: as within)', link)
    .option(
      '--jitter <share>',
      'how much longer messages take on average, drawn for each (0.2: a fifth)',
      number,
      DEFAULT_RUN_SETTINGS.topology.jitter,
    )
    .option('--slow <rank,times>', 'a device whose messages take so many times as long', slow)
    .option('--seed <n>', 'of all that is drawn', integer, DEFAULT_RUN_SETTINGS.seed);

/** The settings that those options say, and the other options. */
export function readRunSettings({ nodes, between, jitter, slow: straggler, dilate, ...others }: Options) {
  return {
    ...others,
    dilate: dilate ?? null,
    topology: { nodes, between: speedOf(between), jitter, slow: straggler ?? null },
  };
}

/** Options of the commands whose result is a run. */
export const withFiles = (command: Command): Command =>
  command
    .option('--json <file>', 'write everything to a file')
    .option('--save <file>', 'write the run, as the page opens it; gzipped where the name ends in .gz')
    .option('--name <text>', 'of the saved run')
    .option('--machine <text>', 'what the machine of the saved run is called');

// biome-ignore lint/suspicious/noExplicitAny: commander gives what the options above say
export type Options = any;

export { list };

const PRESET_IDS: readonly string[] = [...PRESETS, ...DRAWN].map(({ id }) => id);

/** The full path of a folder, or a preset or an address as it is. */
export function modelAt(model: string): string {
  if (/^https?:/.test(model)) return model;
  if (existsSync(join(model, 'config.json'))) return folder(model);
  const meansFolder = model.includes('/') || (existsSync(model) && !PRESET_IDS.includes(model));
  return meansFolder ? folder(model) : model;
}

export function folder(dir: string): string {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (!found) throw new InputError(phrase`There is no folder ${dir}.`);
  if (!found.isDirectory())
    throw new InputError(phrase`${dir} is a file; give the folder of the checkpoint, in which its config.json is.`);
  if (!existsSync(join(dir, 'config.json')))
    throw new InputError(phrase`${dir} is not a checkpoint folder: it has no config.json.`);
  return resolve(dir);
}

export function file(path: string): string {
  if (!existsSync(path)) throw new InputError(phrase`There is no file ${path}.`);
  if (statSync(path).isDirectory()) throw new InputError(phrase`${path} is a folder; give a file in it.`);
  return resolve(path);
}

/** A file's text, unpacked where it is gzipped. */
export const readText = (path: string): Promise<string> => textOf(path, new Blob([readFileSync(file(path))]));
