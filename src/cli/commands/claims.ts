import { type Command, Option } from 'commander';
import { type ClaimRow, checkClaims } from '../check_claims';
import { claimsTable } from '../report';
import { writeJson } from '../write_files';
import { ROOT } from './command';

export function addClaims(program: Command): void {
  program
    .command('claims')
    .description(
      'measures again what the documents state, and says of each figure whether it agrees; meant for a machine with a GPU',
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
        writeJson(json, rows);
      }
      console.log(claimsTable(rows));
      if (rows.some(({ agreed }) => !agreed)) process.exitCode = 1;
    });
}
