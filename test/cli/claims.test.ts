import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { wordsIn } from '../../src/cli/check_claims';
import { agrees, CLAIMS, statedIn } from '../../src/cli/claims';

test.each(CLAIMS)('$file states the figures of “$id”', (claim) => {
  const stated = statedIn(readFileSync(claim.file, 'utf8'), claim)!;
  expect(stated).not.toBeNull();
  for (const figure of stated) {
    expect(figure.stated).toBeGreaterThan(0);
    expect(agrees(figure, figure.stated)).toBe(true);
    expect(agrees(figure, 2.5 * figure.stated)).toBe(false);
  }
});

test('every row of the table of figures is claimed', () => {
  const rows = readFileSync('docs/results.md', 'utf8').match(/^\|.* ms \|.*$/gm)!;
  expect(
    CLAIMS.filter(({ file, pattern }) => file === 'docs/results.md' && pattern.source.includes('ms \\|')),
  ).toHaveLength(rows.length);
});

test("a command's words are told apart as a shell does", () => {
  expect(wordsIn("generate m --prompt 'Alice was' --tokens 8")).toEqual([
    'generate',
    'm',
    '--prompt',
    'Alice was',
    '--tokens',
    '8',
  ]);
});
