import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TunedStore } from '../lab/setup/tuning';
import { z } from '../words/zod';

const PATH = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'farskip-lab', 'tuned.json');
const Kept = z.record(z.string(), z.record(z.string(), z.string()));

/** In a file of the user's cache; a file that is missing or can't be read or written is as if nothing were kept. */
export const tunedFile: TunedStore = {
  read: async (name) => (await readAll())[name] ?? null,
  async write(name, tuned) {
    const all = await readAll();
    await mkdir(dirname(PATH), { recursive: true })
      .then(() => writeFile(PATH, JSON.stringify({ ...all, [name]: tuned })))
      .catch(() => {});
  },
};

const readAll = async (): Promise<z.output<typeof Kept>> =>
  readFile(PATH, 'utf8')
    .then((text) => Kept.parse(JSON.parse(text)))
    .catch(() => ({}));
