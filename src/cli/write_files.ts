import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { newRun } from '../lab/runs/lab_run';
import { toRunFile } from '../lab/runs/run_file';
import { nameOf, type RunContent } from '../lab/runs/run_kinds';
import { english } from '../words/phrase';

/** Writes what `--json` asks for. */
export function writeJson(path: string | undefined, value: unknown): void {
  if (path) writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** Writes texts by their paths, whose folders are made. */
export function writeTexts(texts: readonly (readonly [path: string, text: string])[]): void {
  for (const [path, text] of texts) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** Writes a run as `--save`, `--name` and `--machine` ask for. */
export function saveRun(
  { save, name, machine }: { readonly save?: string; readonly name?: string; readonly machine?: string },
  content: RunContent,
): void {
  if (!save) return;
  const text = toRunFile(newRun(content, name ?? english(nameOf(content)), machine ?? null));
  writeFileSync(save, save.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
}
