import { openAsBlob } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { readTrace, type TraceFile } from '../trace/read_trace';
import { InputError } from '../words/error';
import { phrase, wordsOf } from '../words/phrase';

/** Files that take longer are told of as they are read. */
const LONG_BYTES = 50 * 2 ** 20;

/**
 * The traces in files, and in folders with their subfolders, where what can't be read as one is left out; `tell` hears
 * why, and how far reading is.
 */
export async function tracesAt(paths: readonly string[], tell: (sentence: string) => void): Promise<TraceFile[]> {
  const traces: TraceFile[] = [];
  for (const path of paths)
    if ((await known(path)).isDirectory()) traces.push(...(await tracesIn(path, tell)));
    else traces.push(await traceAt(path, tell));
  return traces;
}

async function tracesIn(folder: string, tell: (sentence: string) => void): Promise<TraceFile[]> {
  const names = (await readdir(folder, { recursive: true })).filter(
    (name) => /\.json(\.gz)?$/i.test(name) && !name.split(sep).includes('node_modules'),
  );
  const traces: TraceFile[] = [];
  for (const path of names.sort().map((name) => join(folder, name)))
    try {
      if (!(await known(path)).isDirectory()) traces.push(await traceAt(path, tell));
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      tell(`Left out: ${cause.message}`);
    }
  if (traces.length === 0)
    throw new InputError(
      phrase`The folder ${folder} has no traces; a trace is a file .json or .json.gz with GPU kernels.`,
    );
  return traces;
}

async function traceAt(path: string, tell: (sentence: string) => void): Promise<TraceFile> {
  const file = await known(path);
  const { size, mtime } = file;
  let told = 0;
  const onRead = (bytes: number) => {
    const tenths = Math.floor((10 * bytes) / size);
    if (size < LONG_BYTES || tenths === told) return;
    told = tenths;
    tell(`${path}: ${tenths * 10} %`);
  };
  // A pipe has no size to open it by.
  const blob = file.isFile() ? await openAsBlob(path) : new Blob([await readFile(path)]);
  return readTrace(path, blob, mtime, onRead);
}

async function known(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new InputError(phrase`There is no file ${path}.`);
    throw new InputError(phrase`${path} can't be read: ${wordsOf(cause)}.`);
  }
}
