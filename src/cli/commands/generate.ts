import type { Command } from 'commander';
import { FROM_CONFIG } from '../../connectivity/methods';
import { earlyGeneration } from '../../lab/experiments/ended';
import { DEFAULT_GENERATION } from '../../lab/experiments/generation/settings';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { failEarly } from '../early';
import { integer, link, list, number, speedOf } from '../options';
import { generationJson, generationTable } from '../report';
import { runExperiment } from '../run_experiment';
import { saveRun, writeJson } from '../write_files';
import {
  CONNECTIVITIES,
  modelAt,
  type Options,
  readRunSettings,
  withFiles,
  withRunSettings,
  withWhere,
} from './command';

const another = (text: string, all: readonly string[]): string[] => [...all, text];

export function addGenerate(program: Command): void {
  const { sampling, ...defaults } = DEFAULT_GENERATION;
  const command = program
    .command('generate')
    .description('continue prompts, token by token with a key-value cache')
    .argument('<model>', 'checkpoint folder, its address, or a preset')
    .option('--connectivity <list>', CONNECTIVITIES, list, [FROM_CONFIG])
    .option('--prompt <text>', 'text to continue; given again: further requests of the batch', another, [])
    .option('--ids <list>', 'token ids to continue, in the place of a text: 1,2,3', another, [])
    .option('--chat', 'put the prompts into the chat template of the checkpoint', false)
    .option('--others <n>', 'further requests: passages as long as the first prompt', integer, defaults.others)
    .option('--tokens <n>', 'tokens to add at most', integer, defaults.tokens)
    .option('--chunk <n>', 'prompt tokens of a request that one step takes at most', integer, defaults.chunk)
    .option('--schedule <list>', 'blocking, overlapped', list, [...defaults.schedule])
    .option('--link <spec>', 'GBPS,US, or none (default: none)', link)
    .option('--temperature <t>', '0: the most likely token', number, sampling.temperature)
    .option('--top-k <k>', 'draw from the k most likely; 0: from all', integer, sampling.topK)
    .option('--top-p <p>', 'draw from the fewest that together have probability p', number, sampling.topP)
    .option('--ignore-stop', 'go on after the stop tokens that the config names', false);
  withWhere(withFiles(withRunSettings(command))).action(async (model: string, options: Options) => {
    const {
      gpu,
      runtime,
      timestamps,
      json,
      save,
      name,
      machine,
      prompt,
      ids,
      chat,
      ignoreStop,
      link: within,
      ...others
    } = options;
    if (ids.length > 0 && (prompt.length > 0 || chat))
      throw new InputError(phrase`--ids stands in the place of --prompt and --chat; give one of them.`);
    const { temperature, topK, topP, ...rest } = others;
    const settings = {
      ...DEFAULT_GENERATION,
      ...readRunSettings(rest),
      model: modelAt(model),
      prompts: ids.length > 0 ? ids : prompt,
      promptAs: ids.length > 0 ? 'ids' : chat ? 'chat' : 'text',
      sampling: { temperature, topK, topP },
      stopAtEnd: !ignoreStop,
      link: within?.kind === 'none' ? null : speedOf(within),
    };
    // The settings as they were given: elsewhere a folder goes by another name.
    const result = { ...(await runExperiment('generation', settings, { gpu, runtime, timestamps })), settings };
    console.log(generationTable(result));
    saveRun({ save, name, machine }, { kind: 'generation', result });
    writeJson(json, generationJson(result));
    failEarly(earlyGeneration(result));
  });
}
