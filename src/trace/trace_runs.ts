import type { TraceFile } from './read_trace';

/** Trace files that are of one run, and what it is called: a rank each, or one of all ranks. */
export type TraceFiles = { readonly name: string; readonly files: readonly TraceFile[] };

type Ranked = { readonly file: TraceFile; readonly rank: number };

/**
 * Which trace files belong together. One with several GPU processes is a run, and so is one of which nothing says the
 * rank: neither it (distributedInfo) nor its name. The others are one run; where two are of the same rank they are
 * several, told apart by their folders, by the rest of their names, by when they were recorded, or else by the order of
 * their names. Runs are in the order of their first files.
 */
export function traceRuns(given: readonly TraceFile[]): TraceFiles[] {
  const files = given.toSorted((a, b) => inOrder(a.name, b.name));
  const ranked = files.flatMap((file): Ranked[] => {
    const rank = file.processes.length > 1 ? null : (file.rank ?? rankInName(file.name));
    return rank === null ? [] : [{ file, rank }];
  });
  const single = files.filter((file) => !ranked.some((own) => own.file === file)).map((file) => [file]);
  const runs = [...single, ...apart(ranked).map((run) => run.map(({ file }) => file))];
  const place = (own: readonly TraceFile[]) => Math.min(...own.map((file) => given.indexOf(file)));
  const ordered = runs.toSorted((a, b) => place(a) - place(b));
  const names = namesOf(ordered.map(pathOf));
  return ordered.map((own, i) => ({ name: names[i]!, files: own }));
}

/** The rank of a file of one process that is of one of several. */
export const rankOf = (file: TraceFile): number | null => file.rank ?? rankInName(file.name);

export const inOrder = new Intl.Collator('en', { numeric: true }).compare;
const RANK = /(?:^|[^a-z])(?:global_?)?rank[\s._-]*(\d{1,4})(?!\d)/i;

function rankInName(name: string): number | null {
  const [, rank] = RANK.exec(baseOf(name)) ?? RANK.exec(name) ?? [];
  return rank === undefined ? null : Number(rank);
}

/** Runs in which each rank is there once. */
function apart(ranked: readonly Ranked[]): Ranked[][] {
  if (ranked.length === 0) return [];
  const byRank = groupedBy(ranked, ({ rank }) => rank);
  const most = Math.max(...byRank.map(({ length }) => length));
  const depth = Math.max(...ranked.map(({ file }) => foldersOf(file.name).length));
  const ways: (() => Ranked[][])[] = [
    () => [[...ranked]],
    ...Array.from(
      { length: depth },
      (_, i) => () =>
        groupedBy(ranked, ({ file }) =>
          foldersOf(file.name)
            .slice(0, 1 + i)
            .join('/'),
        ),
    ),
    () => groupedBy(ranked, ({ file }) => file.name.replace(RANK, '#')),
    () =>
      groupedBy(ranked, ({ file, rank }) =>
        file.name.replaceAll(/\d+/g, (digits) => (Number(digits) === rank ? '#' : digits)),
      ),
    () => oneAfterAnother(ranked),
  ];
  for (const way of ways) {
    const runs = way();
    if (runs.length === most && runs.every(hasEachOnce)) return runs;
  }
  return Array.from({ length: most }, (_, i) => byRank.flatMap((own) => own[i] ?? []));
}

const hasEachOnce = (run: readonly Ranked[]): boolean => new Set(run.map(({ rank }) => rank)).size === run.length;

/** In the order in which they were recorded: a rank that comes again begins another run. */
function oneAfterAnother(ranked: readonly Ranked[]): Ranked[][] {
  const runs: Ranked[][] = [];
  for (const own of ranked.toSorted((a, b) => Number(a.file.origin - b.file.origin))) {
    const run = runs.at(-1);
    if (!run || run.some(({ rank }) => rank === own.rank)) runs.push([own]);
    else run.push(own);
  }
  return runs;
}

function groupedBy<T>(list: readonly T[], keyOf: (each: T) => string | number): T[][] {
  const groups = new Map<string | number, T[]>();
  for (const each of list) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return [...groups.values()];
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const foldersOf = (path: string): string[] => path.split('/').slice(0, -1);
const stemOf = (path: string): string => baseOf(path).replace(/(\.pt)?(\.trace)?(\.json)?(\.gz)?$/i, '');
/** Names of one run's files differ by their rank and by what stands behind it. */
const PART = /[\s._-]*(?:global_?rank|rank|tp|ep|dp|pp|gpu|device|worker|node|host)?[\s._-]*\d*[\s._-]*$/i;

/** Folders of a run's first file, but for a rank's own, and what its files are called alike, as far as they are. */
function pathOf(files: readonly TraceFile[]): string[] {
  const [first, ...others] = files.map(({ name }) => stemOf(name));
  const folders = foldersOf(files[0]!.name).filter((folder) => !RANK.test(folder));
  if (others.length === 0) return [...folders, first! || files[0]!.name];
  let length = 0;
  while (others.every((other) => length < first!.length && other[length] === first![length])) length++;
  const alike = first!.slice(0, length).replace(PART, '');
  const own = [...folders, alike].filter(Boolean);
  return own.length > 0 ? own : [`${first} + ${others.length}`];
}

/** The last parts of paths, as many as tell each from the others; a number where nothing does. */
function namesOf(paths: readonly (readonly string[])[]): string[] {
  const names = paths.map((path, place) => {
    for (let parts = 1; parts <= path.length; parts++) {
      const name = path.slice(-parts).join('/');
      if (paths.every((other, i) => i === place || other.slice(-parts).join('/') !== name)) return name;
    }
    return path.at(-1)!;
  });
  return names.map((name, place) => {
    const before = names.slice(0, place).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
