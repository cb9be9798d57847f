// After npm has changed a lock file, makes it small again: a line a package, without what npm does not need of packages
// from a registry. node scripts/lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const UNNEEDED = new Set(['license', 'funding', 'engines', 'resolved']);

for (const file of ['package-lock.json', 'scripts/against/package-lock.json']) {
  const { packages, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  const small = (own) => Object.fromEntries(Object.entries(own).filter(([name]) => !UNNEEDED.has(name)));
  const lines = Object.entries(packages).map(([name, own]) => `${JSON.stringify(name)}:${JSON.stringify(small(own))}`);
  writeFileSync(file, `${JSON.stringify(rest).slice(0, -1)},"packages":{\n${lines.join(',\n')}\n}}\n`);
}
