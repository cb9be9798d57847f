const SOURCES = import.meta.glob<string>(['../../src/**/*.{ts,tsx}', '!../../src/cli/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** The ids of all phrases that the sources say, but for those of the command line, which speaks English. */
export const phraseIds = (): string[] => [...new Set(Object.values(SOURCES).flatMap(idsIn))].sort();

/** Each text between phrase`…`, with {0}, {1} … for what stands in ${…}. */
const idsIn = (source: string): string[] =>
  [...source.matchAll(/\bphrase`/g)].map(({ index, 0: tag }) => templateFrom(source, index + tag.length).id);

function templateFrom(source: string, begin: number): { readonly id: string; readonly end: number } {
  let id = '';
  let at = begin;
  for (let values = 0; source[at] !== '`'; ) {
    if (source.startsWith('${', at)) {
      id += `{${values++}}`;
      at = afterBrace(source, at + 2);
    } else {
      if (source[at] === '\\') at++;
      id += source[at++];
    }
  }
  return { id, end: at + 1 };
}

/** Just behind the brace that closes one that was opened before `begin`. */
function afterBrace(source: string, begin: number): number {
  let at = begin;
  while (source[at] !== '}') {
    if (source[at] === '{') at = afterBrace(source, at + 1);
    else if (source[at] === '`') at = templateFrom(source, at + 1).end;
    else at++;
  }
  return at + 1;
}
