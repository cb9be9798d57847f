import type { TraceFile } from './read_trace';

/** Trace files that are of one run, and what it is called: a rank each, or one of all ranks. */
export type TraceFiles = { readonly name: string; readonly files: readonly TraceFile[] };

type Ranked = { readonly file: TraceFile; readonly rank: number };

/**
 * Which trace files belong together. One with several GPU processes is a run, and so is one of which nothing says the
 * rank: neither it (distributedInfo) nor its name. The others are one run; where two are of the same rank they are
 * several, told apart by their folders, by the rest of their names, or else by the order of their names. Runs are in the
 * order of their first files.
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
  return runs.toSorted((a, b) => place(a) - place(b)).map((own) => ({ name: nameOf(own), files: own }));
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
  const times = new Map<number, number>();
  const nth = new Map(
    ranked.map((own) => {
      const before = times.get(own.rank) ?? 0;
      times.set(own.rank, before + 1);
      return [own, before];
    }),
  );
  const most = Math.max(...times.values());
  if (most === 1) return [[...ranked]];
  const ways: ((own: Ranked) => string)[] = [
    ({ file }) => folderOf(file.name),
    ({ file, rank }) => file.name.replaceAll(/\d+/g, (digits) => (Number(digits) === rank ? '#' : digits)),
    (own) => `${nth.get(own)}`,
  ];
  for (const way of ways) {
    const runs = groupedBy(ranked, way);
    if (runs.length === most && runs.every((run) => new Set(run.map(({ rank }) => rank)).size === run.length))
      return runs;
  }
  return groupedBy(ranked, (own) => `${nth.get(own)}`);
}

function groupedBy<T>(list: readonly T[], keyOf: (each: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const each of list) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return [...groups.values()];
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const stemOf = (path: string): string => baseOf(path).replace(/(\.pt)?(\.trace)?(\.json)?(\.gz)?$/i, '');
/** Names of one run's files differ by their rank and by what stands behind it. */
const PART = /[\s._-]*(?:global_?rank|rank|tp|ep|dp|pp|gpu|device|worker|node|host)?[\s._-]*\d*[\s._-]*$/i;

/** What a run's files are called alike. */
function nameOf(files: readonly TraceFile[]): string {
  const [first, ...others] = files.map(({ name }) => stemOf(name));
  if (others.length === 0) return first! || files[0]!.name;
  let length = 0;
  while (others.every((other) => length < first!.length && other[length] === first![length])) length++;
  return first!.slice(0, length).replace(PART, '') || baseOf(folderOf(files[0]!.name)) || `${first} + ${others.length}`;
}
