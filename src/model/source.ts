import { InputError } from '../words/error';
import { phrase, wordsOf } from '../words/phrase';
import { JSON_FILE, wrongFile } from '../words/wrong_file';

/** A place with files, by path: a site, a folder of the disk, files dropped on the page. */
export type Source = {
  /** For sentences: what `path` is called here. */
  readonly nameOf: (path: string) => string;
  /**
   * Opens a file; null when there is none. Throws InputError when it can't be had for another reason. `head`: so many
   * of its first bytes may be enough; more than these is then sent only when it is read.
   */
  readonly open: (path: string, head?: number) => Promise<OpenFile | null>;
};

export type OpenFile = {
  /** Null when the place doesn't say. */
  readonly bytes: number | null;
  /** The file's bytes from `begin` on, as they come; ending the loop early ends the reading. */
  readonly from: (begin: number) => AsyncIterable<Uint8Array>;
  /** To be called when the file is not read after all. */
  readonly close: () => Promise<void>;
};

/** Statuses of a file that is not there; some hosts forbid what they don't have. */
const ABSENT = [403, 404];

/** Files of a site, or of any address that this page may read; `base` ends in a slash. */
export function siteSource(base: string): Source {
  const address = (path: string): string => {
    if (!URL.canParse(path, base))
      throw new InputError(phrase`${path} is not an address; it should be like https://host/folder.`);
    return new URL(path, base).href;
  };
  const isOwn = (url: string) => new URL(url).origin === new URL(base).origin;
  const ask = async (url: string, range: string | null): Promise<Response> => {
    // A part that the browser keeps it would complete by another part, which some hosts send compressed.
    const how: RequestInit = range === null ? {} : { headers: { Range: `bytes=${range}` }, cache: 'no-store' };
    const response = await fetch(url, how).catch(() => null);
    if (!response)
      throw new InputError(
        phrase`${url} can't be read (no connection, or its host does not let other sites read it); check the address.`,
      );
    if (!response.ok && !ABSENT.includes(response.status))
      throw new InputError(phrase`${url} can't be read (status ${response.status}); check that the file is there.`);
    return response;
  };
  return {
    nameOf: (path) => (URL.canParse(path, base) ? new URL(path, base).pathname : path),
    async open(path, head) {
      const url = address(path);
      // Another site does not tell how long the whole is.
      const first = await ask(url, head !== undefined && isOwn(url) ? `0-${head - 1}` : null);
      // A page served in place of a file that is missing is no file.
      if (ABSENT.includes(first.status) || first.headers.get('content-type')?.startsWith('text/html')) {
        await first.body?.cancel();
        return null;
      }
      const bytes = lengthOf(first);
      let unused: Response | null = first;
      return {
        bytes,
        async close() {
          await unused?.body?.cancel();
          unused = null;
        },
        async *from(begin) {
          const opened = unused;
          unused = null;
          let at = begin;
          if (opened && begin === 0) {
            for await (const chunk of chunksOf(opened.body)) {
              at += chunk.byteLength;
              yield chunk;
            }
            if (opened.status !== 206 || at === bytes) return;
          } else await opened?.body?.cancel();
          // Own files are asked for as a whole, so that the service worker can keep them.
          const response = await ask(url, at > 0 && !isOwn(url) ? `${at}-` : null);
          // A host that knows no ranges sends the file from its start.
          let skip = response.status === 206 ? 0 : at;
          for await (const chunk of chunksOf(response.body)) {
            if (skip < chunk.byteLength) yield skip > 0 ? chunk.subarray(skip) : chunk;
            skip = Math.max(0, skip - chunk.byteLength);
          }
        },
      };
    },
  };
}

/** Bytes of the file that a host answers with, or with a part of; null when it doesn't say. */
function lengthOf({ status, headers, type }: Response): number | null {
  // A compressed body is longer than it says, and another site does not tell whether it is compressed.
  if (headers.has('content-encoding') || type === 'cors') return null;
  const length = status === 206 ? headers.get('content-range')?.split('/')[1] : headers.get('content-length');
  return length && length !== '*' ? Number(length) : null;
}

/** Files dropped on the page, or kept in the browser's storage, by their names without folders. */
export function filesSource(files: readonly File[]): Source {
  return {
    nameOf: (path) => path,
    async open(path) {
      const file = files.find(({ name }) => name === path);
      return file
        ? { bytes: file.size, from: (begin) => chunksOf(file.slice(begin).stream()), close: async () => {} }
        : null;
    },
  };
}

/** The files of one folder of a place. */
export const within = (source: Source, folder: string): Source => ({
  nameOf: (path) => source.nameOf(`${folder}/${path}`),
  open: (path, head) => source.open(`${folder}/${path}`, head),
});

async function* chunksOf(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (!stream) return;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw new InputError(phrase`A file could not be read to its end (${wordsOf(cause)}); try again.`);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** A whole file. Throws InputError when there is none. */
export async function readFile(source: Source, path: string): Promise<Uint8Array> {
  const file = await source.open(path);
  if (!file) throw new InputError(phrase`${source.nameOf(path)} can't be read; check that the file is there.`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.from(0)) chunks.push(chunk);
  return joined(chunks);
}

/** JSON as Python writes it too: with NaN and Infinity, which are no numbers that anything here is made of. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(
      text.replace(/"(?:\\.|[^"\\])*"|-?\bInfinity\b|\bNaN\b/g, (part) => (part[0] === '"' ? part : 'null')),
    );
  }
}

/** A whole file, parsed as a JSON object. Throws InputError. */
export async function readJson(source: Source, path: string): Promise<object> {
  const bytes = await readFile(source, path);
  try {
    const json = parseJson(new TextDecoder().decode(bytes));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  } catch {
    // Falls through to the sentences below: what JSON.parse says names no file.
  }
  throw (
    wrongFile(source.nameOf(path), bytes, JSON_FILE, 'json') ??
    new InputError(phrase`${source.nameOf(path)} is not a JSON object; check that it is whole.`)
  );
}

export async function has(source: Source, path: string): Promise<boolean> {
  const file = await source.open(path);
  await file?.close();
  return file !== null;
}

/** Takes a stream of chunks by the number of bytes wanted. Allocates no more than has come. */
export function byteReader(chunks: AsyncIterable<Uint8Array>) {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    /** The next `count` bytes, or fewer where the stream ends. */
    async take(count: number): Promise<Uint8Array> {
      const parts: Uint8Array[] = [];
      let missing = count;
      while (missing > 0) {
        if (rest.byteLength === 0) {
          const { done, value } = await iterator.next();
          if (done) break;
          rest = value;
          continue;
        }
        const part = rest.subarray(0, missing);
        parts.push(part);
        rest = rest.subarray(part.byteLength);
        missing -= part.byteLength;
      }
      return joined(parts);
    },
    close: async (): Promise<void> => {
      await iterator.return?.();
    },
  };
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
