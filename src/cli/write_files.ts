import { accessSync, constants, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { newRun } from '../lab/runs/lab_run';
import { toRunFile } from '../lab/runs/run_file';
import { nameOf, type RunContent } from '../lab/runs/run_kinds';
import { InputError } from '../words/error';
import { english, phrase, wordsOf } from '../words/phrase';

/** Throws InputError where a file can't be written: to be called before anything is measured for it. */
export function checkWritable(path: string): void {
  const kindOf = (at: string) => statSync(at, { throwIfNoEntry: false });
  if (kindOf(path)?.isDirectory()) throw new InputError(phrase`${path} is a folder; give the name of a file.`);
  if (!kindOf(dirname(path))?.isDirectory())
    throw new InputError(phrase`${path} can't be written: there is no folder ${dirname(path)}.`);
}

/** Makes a folder where there is none. Throws InputError. */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new InputError(phrase`${path} is a file; give a folder.`);
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw new InputError(phrase`The folder ${path} can't be made (${wordsOf(cause)}); give another place.`);
  }
}

/** Writes a file. Throws InputError. */
export function writeTo(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content);
  } catch (cause) {
    throw new InputError(phrase`${path} can't be written (${wordsOf(cause)}); give another place.`);
  }
}

/** Writes a file that is there before and after, whole, also where the process ends meanwhile. Throws InputError. */
export function replaceFile(path: string, content: Uint8Array): void {
  const beside = `${path}.part`;
  writeTo(beside, content);
  try {
    renameSync(beside, path);
  } catch (cause) {
    throw new InputError(phrase`${path} can't be written (${wordsOf(cause)}); give another place.`);
  }
}

/** Writes what `--json` asks for. */
export function writeJson(path: string | undefined, value: unknown): void {
  if (path) writeTo(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** Writes texts by their paths, whose folders are made. */
export function writeTexts(texts: readonly (readonly [path: string, text: string])[]): void {
  for (const [path, text] of texts) {
    makeFolder(dirname(path));
    writeTo(path, text);
  }
}

/** Writes a run as `--save`, `--name` and `--machine` ask for. */
export function saveRun(
  { save, name, machine }: { readonly save?: string; readonly name?: string; readonly machine?: string },
  content: RunContent,
): void {
  if (!save) return;
  const text = toRunFile(newRun(content, name ?? english(nameOf(content)), machine ?? null));
  writeTo(save, save.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
}
