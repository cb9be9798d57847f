import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const FILES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => join('src', path));

/** What each folder directly under one imports from others there, with all that is in them; `.`: its own files. */
function importsOfFolders(under: string): Map<string, Set<string>> {
  const folderOf = (path: string) => {
    const [first, ...rest] = path.slice(under.length + 1).split('/');
    return rest.length > 0 ? first! : '.';
  };
  const imports = new Map<string, Set<string>>();
  for (const file of FILES.filter((path) => path.startsWith(`${under}/`))) {
    const own = imports.get(folderOf(file)) ?? new Set();
    imports.set(folderOf(file), own);
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?'(\.[^']*)'/g)) {
      const imported = normalize(join(dirname(file), path!));
      const folder = folderOf(imported);
      if (imported.startsWith(`${under}/`) && folder !== folderOf(file)) own.add(folder);
    }
  }
  return imports;
}

/** Folders from one on, in a circle back to it; null where there is none. */
function circleIn(imports: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | null {
  const done = new Set<string>();
  const walk = (folder: string, path: readonly string[]): readonly string[] | null => {
    if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder];
    if (done.has(folder)) return null;
    for (const next of imports.get(folder) ?? []) {
      const circle = walk(next, [...path, folder]);
      if (circle) return circle;
    }
    done.add(folder);
    return null;
  };
  for (const folder of imports.keys()) {
    const circle = walk(folder, []);
    if (circle) return circle;
  }
  return null;
}

test.each(['src', 'src/app', 'src/lab'])('folders of %s import one way', (under) => {
  expect(circleIn(importsOfFolders(under))).toBeNull();
});

test('files are named in one style: components as they are, hooks by use, all else by small letters', () => {
  const name = (path: string) => path.split('/').at(-1)!;
  const styled = (path: string) =>
    path.endsWith('.tsx')
      ? /^([A-Z]\w*|main|fields)\.tsx$/.test(name(path))
      : /^([a-z][a-z0-9_]*(\.d)?|use[A-Z]\w*)\.ts$/.test(name(path));
  expect(FILES.filter((path) => !styled(path))).toEqual([]);
});

test('what travels with the project stays small', () => {
  const most: Readonly<Record<string, number>> = { fixtures: 14, models: 20, recorded: 9, rest: 3 };
  const partOf = (path: string) =>
    /^test\/.*fixtures\//.test(path) ? 'fixtures' : (/^public\/(models|recorded)\//.exec(path)?.[1] ?? 'rest');
  const mib: Record<string, number> = {};
  const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(existsSync);
  for (const path of tracked) {
    const part = partOf(path);
    mib[part] = (mib[part] ?? 0) + statSync(path).size / 2 ** 20;
  }
  expect(Object.keys(mib).sort()).toEqual(Object.keys(most).sort());
  for (const [part, size] of Object.entries(mib)) expect(size, `MiB of ${part}`).toBeLessThanOrEqual(most[part]!);
});
