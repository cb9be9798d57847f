import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { readTrace, type TraceFile } from '../trace/read_trace';
import { InputError } from '../words/error';
import { phrase, wordsOf } from '../words/phrase';

/** Files that take longer are told of as they are read. */
const LONG_BYTES = 50 * 2 ** 20;

/**
 * The traces in files, and in folders with their subfolders, where what is none is left out; `tell` hears of that and
 * how far reading is.
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
  let others = 0;
  for (const name of names.sort())
    try {
      traces.push(await traceAt(join(folder, name), tell));
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      others++;
    }
  if (traces.length === 0)
    throw new InputError(
      phrase`The folder ${folder} has no traces; a trace is a file .json or .json.gz with GPU kernels.`,
    );
  if (others > 0) tell(`${others} other files .json of ${folder} are no traces and were left out.`);
  return traces;
}

async function traceAt(path: string, tell: (sentence: string) => void): Promise<TraceFile> {
  const { size, mtime } = await known(path);
  let told = 0;
  const onRead = (bytes: number) => {
    const tenths = Math.floor((10 * bytes) / size);
    if (size < LONG_BYTES || tenths === told) return;
    told = tenths;
    tell(`${path}: ${tenths * 10} %`);
  };
  return readTrace(path, await openAsBlob(path), mtime, onRead);
}

async function known(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new InputError(phrase`There is no file ${path}.`);
    throw new InputError(phrase`${path} can't be read: ${wordsOf(cause)}.`);
  }
}
