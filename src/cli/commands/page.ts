import { type Command, Option } from 'commander';
import { pageTable } from '../bench_report';
import { integer } from '../options';
import { benchPage } from '../page_bench';
import { writeJson } from '../write_files';
import { SITE } from './command';

export function addPage(program: Command): void {
  program
    .command('page')
    .description(
      'how quick the page itself is in headless Chromium: first paint, blocking time, frames of its timeline',
    )
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
      writeJson(json, rate);
    });
}
