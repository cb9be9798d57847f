import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { agrees, CLAIMS, type Claim, statedIn } from './claims';

export type ClaimRow = {
  readonly id: string;
  readonly what: string;
  readonly stated: number;
  readonly now: number;
  readonly agreed: boolean;
};

/**
 * Measures again what the documents in `root` state, those claims whose id has `part` in it, and yields a row a figure.
 * Throws InputError when there is no such claim, when a document no longer says what is claimed, or when a command
 * fails.
 */
export function* checkClaims(
  root: string,
  part: string,
  gpu: string | undefined,
  onCommand: (command: string) => void,
): Generator<ClaimRow> {
  const claims = CLAIMS.filter(({ id }) => id.includes(part));
  if (claims.length === 0)
    throw new InputError(phrase`There is no claim ${part}; there are ${CLAIMS.map(({ id }) => id).join('; ')}.`);
  const written = new Map<string, unknown>();
  const folder = mkdtempSync(join(tmpdir(), 'claims-'));
  try {
    for (const claim of claims) {
      const stated = statedIn(readFileSync(join(root, claim.file), 'utf8'), claim);
      if (!stated)
        throw new InputError(
          phrase`${claim.file} no longer states ${claim.id}; mend it, or the claim (src/cli/claims.ts).`,
        );
      for (const command of claim.commands) {
        if (written.has(command)) continue;
        onCommand(command);
        written.set(command, run(command, gpu, join(folder, `${written.size}.json`)));
      }
      yield* rowsOf(
        claim,
        stated,
        claim.commands.map((command) => written.get(command)),
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowsOf(
  claim: Claim,
  stated: NonNullable<ReturnType<typeof statedIn>>,
  written: readonly unknown[],
): ClaimRow[] {
  const now = claim.figures(written);
  return stated.map((figure, i) => ({
    id: claim.id,
    what: figure.what,
    stated: figure.stated,
    now: now[i]!,
    agreed: agrees(figure, now[i]!),
  }));
}

/** Commands that compute, or draw, on the adapter that is asked for. */
const ON_GPU = ['measure', 'generate', 'bench', 'page'];

/** Runs one of this lab's commands and answers what it wrote with --json. */
function run(command: string, gpu: string | undefined, file: string): unknown {
  const words = wordsIn(command);
  const args = [...words, '--json', file, ...(gpu && ON_GPU.includes(words[0]!) ? ['--gpu', gpu] : [])];
  const { status, stderr } = spawnSync(process.execPath, [process.argv[1]!, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0)
    throw new InputError(phrase`The command ${command} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** A command line's words; what stands in single quotes is one. */
export const wordsIn = (command: string): string[] =>
  [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
