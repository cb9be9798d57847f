import { createStore, del, entries, get, set } from 'idb-keyval';
import { create } from 'zustand';
import { isRecorded } from '../../lab/runs/recorded';
import { parseRunFile, toRunFile } from '../../lab/runs/run_file';
import { textOf } from '../../words/bytes_of';
import { InputError } from '../../words/error';
import { english, type Phrase, phrase, wordsOf } from '../../words/phrase';
import { z } from '../../words/zod';
import { useRuns } from '../state/runs_store';
import type { SessionRun } from '../state/session';
import { runOfTrack } from '../state/view';
import { useView } from '../state/view_store';

/** A run in the browser's storage, under its id: its file, packed, and how it came to the page. */
const Kept = z.object({ origin: z.enum(['measured', 'opened']), saved: z.boolean(), file: z.instanceof(Blob) });
type Kept = z.infer<typeof Kept>;

type KeptRuns = {
  /** What was kept has been brought back, or there is nothing to. */
  readonly restored: boolean;
  readonly problems: readonly Phrase[];
};
export const useKeptRuns = create<KeptRuns>(() => ({ restored: true, problems: [] }));
const say = (problem: Phrase) =>
  useKeptRuns.setState(({ problems }) => ({
    problems: [...problems.filter((each) => english(each) !== english(problem)), problem],
  }));

/** What other tabs of the site are told: a run was kept, perhaps by another name, or is no longer. */
const Told = z.object({ id: z.string(), kept: z.boolean() });
type Told = z.infer<typeof Told>;

/**
 * Brings back what was kept, and from now on keeps what is measured or opened, until it is removed: here, or in another
 * tab. A run has one name in all of them.
 */
export function keepRuns(): void {
  useKeptRuns.setState({ restored: false });
  const store = createStore('farskip-lab-runs', 'runs');
  const others = new BroadcastChannel('farskip-lab-runs');
  const tell = (told: Told) => others.postMessage(told);
  // One after the other, so that the latest is what is kept.
  let queue: Promise<void> = Promise.resolve();
  const next = (step: () => Promise<void>) => {
    queue = queue.then(step).catch((cause) => {
      say(phrase`A run can't be kept in this browser (${wordsOf(cause)}); save it as a file.`);
    });
  };
  useRuns.subscribe(({ runs }, { runs: before }) => {
    for (const session of runs)
      if (isKept(session) && session.keptBytes === null && !before.includes(session))
        next(async () => {
          if (await keep(store, session)) tell({ id: session.run.id, kept: true });
        });
    for (const session of before)
      if (isKept(session) && !runs.some(({ run }) => run.id === session.run.id))
        next(async () => {
          await del(session.run.id, store);
          tell({ id: session.run.id, kept: false });
        });
  });
  others.onmessage = ({ data }) => {
    const { id, kept } = Told.parse(data);
    if (!kept && runHere(id)) useRuns.getState().remove(id);
    if (kept)
      next(async () => {
        const value = await get<unknown>(id, store);
        if (value !== undefined) await restoreOne(id, value);
      });
  };
  void restore(store)
    // Where pages may not keep anything nothing was kept: it is said when there is a run to keep.
    .catch(() => {})
    .finally(() => useKeptRuns.setState({ restored: true }));
}

/** Recorded runs come with the page. Traces are files of their own, and may be as large as the storage. */
const isKept = ({ run }: SessionRun): boolean => !isRecorded(run.id) && run.kind !== 'trace' && run.kind !== 'traces';

type Store = ReturnType<typeof createStore>;

const runHere = (id: string) => useRuns.getState().runs.find(({ run }) => run.id === id)?.run;

/** Answers whether it was: it may have been removed meanwhile. */
async function keep(store: Store, { run, origin, saved }: SessionRun): Promise<boolean> {
  const packed = new Blob([toRunFile(run)]).stream().pipeThrough(new CompressionStream('gzip'));
  const file = await new Response(packed).blob();
  if (!runHere(run.id)) return false;
  await set(run.id, { origin, saved, file } as Kept, store);
  useRuns.getState().markKept(run, file.size);
  // Browsers may otherwise empty a site's storage when the disk is full; some ask the user.
  void navigator.storage?.persist?.().catch(() => false);
  useKeptRuns.setState({ problems: [] });
  return true;
}

/** Those first that the link names; between any two the page has a turn. */
async function restore(store: Store): Promise<void> {
  const named = new Set(useView.getState().view.tracks.map(runOfTrack));
  const all = await entries<string, unknown>(store);
  all.sort(([a], [b]) => Number(named.has(b)) - Number(named.has(a)) || (a < b ? -1 : 1));
  for (const [id, value] of all) {
    await restoreOne(id, value);
    await new Promise((done) => setTimeout(done));
  }
}

/** Brings a run back, or the name by which it is kept if it is here. */
async function restoreOne(id: string, value: unknown): Promise<void> {
  try {
    const { file, origin, saved } = Kept.parse(value);
    const run = parseRunFile(id, await textOf(id, file));
    const here = runHere(run.id);
    if (!here) useRuns.getState().restore(run, { origin, saved, keptBytes: file.size });
    else if (here.name !== run.name) useRuns.getState().takeName(run);
  } catch (cause) {
    if (!(cause instanceof InputError || cause instanceof z.ZodError)) throw cause;
    say(phrase`The run ${id}, kept in this browser, can't be read: ${wordsOf(cause)}.`);
  }
}
