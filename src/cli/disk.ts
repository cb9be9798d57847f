import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type Source, siteSource } from '../model/source';
import { InputError } from '../words/error';
import { phrase, wordsOf } from '../words/phrase';

/** Files of the disk; paths that are not absolute are of `root`, and http addresses are fetched. */
export function diskSource(root: string): Source {
  const web = siteSource('http://localhost/');
  const isWeb = (path: string) => /^https?:/.test(path);
  const full = (path: string) => (isAbsolute(path) ? path : join(root, path));
  return {
    nameOf: (path) => (isWeb(path) ? path : full(path)),
    async open(path) {
      if (isWeb(path)) return web.open(path);
      const found = await stat(full(path)).catch(() => null);
      if (!found?.isFile()) return null;
      return { bytes: found.size, from: (begin) => chunks(full(path), begin), close: async () => {} };
    },
  };
}

async function* chunks(path: string, begin: number): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { start: begin });
  } catch (cause) {
    throw new InputError(phrase`${path} can't be read (${wordsOf(cause)}); check that you may read it.`);
  }
}
