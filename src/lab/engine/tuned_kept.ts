import { get, set } from 'idb-keyval';
import { z } from '../../words/zod';
import type { TunedStore } from '../setup/tuning';

const Kept = z.record(z.string(), z.string());
const keyOf = (name: string): string => `tuned ${name}`;

/** In the browser's IndexedDB; where there is none, or it is full, it is as if nothing were kept. */
export const tunedInBrowser: TunedStore = {
  async read(name) {
    try {
      return Kept.safeParse(await get(keyOf(name))).data ?? null;
    } catch {
      return null;
    }
  },
  async write(name, tuned) {
    try {
      await set(keyOf(name), tuned);
    } catch {
      // Tried again in the next session.
    }
  },
};
