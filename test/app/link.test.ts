import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_FORM, type Form, FormSettings } from '../../src/app/form';
import { formOfLink, linkOf } from '../../src/app/link';

const forms: fc.Arbitrary<Form> = fc.record({
  model: fc.constantFrom('reference', 'kept:my model', 'https://example.org/a/b?c=d#e', 'deepseek-v2-lite-960m'),
  files: fc.constant([]),
  balanced: fc.boolean(),
  task: fc.constantFrom('measure', 'generate'),
  source: fc.constantFrom('prompt', 'passage'),
  prompt: fc.string({ unit: 'grapheme', maxLength: 200 }),
  text: fc.constantFrom('alice', 'moby_dick', 'emma'),
  tokens: fc.integer({ min: 1, max: 4096 }),
  ranks: fc.integer({ min: 1, max: 16 }),
  parallel: fc.constantFrom('ep', 'tp'),
  wire: fc.constantFrom('f32', 'bf16'),
  link: fc.oneof(
    fc.record({ kind: fc.constant('ratio' as const), ratio: fc.double({ min: 0.01, max: 100, noNaN: true }) }),
    fc.record({
      kind: fc.constant('speed' as const),
      gbps: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
      us: fc.integer({ min: 0, max: 1e6 }),
    }),
    fc.constant({ kind: 'native' as const }),
  ),
  farskip: fc.boolean(),
  schedule: fc.constantFrom('blocking', 'overlapped'),
  repeats: fc.integer({ min: 1, max: 1000 }),
  others: fc.integer({ min: 0, max: 255 }),
  newTokens: fc.integer({ min: 1, max: 4096 }),
  chunk: fc.integer({ min: 1, max: 4096 }),
  sampling: fc.record({
    temperature: fc.double({ min: 0.001, max: 10, noNaN: true }),
    topK: fc.integer({ min: 0, max: 1e6 }),
    topP: fc.double({ min: 0.001, max: 1, noNaN: true }),
  }),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
});

test('a link gives back any form; the defaults need none', () => {
  expect(linkOf(DEFAULT_FORM)).toBe('');
  expect(formOfLink('')).toEqual({ form: DEFAULT_FORM, problems: [] });
  fc.assert(
    fc.property(forms, (form) => {
      expect(formOfLink(linkOf(form))).toEqual({ form, problems: [] });
    }),
  );
});

test('whatever a link says, the form is one that its schema takes', () => {
  const key = fc.oneof(fc.constantFrom(...Object.keys(DEFAULT_FORM), 'v', '__proto__', 'constructor'), fc.string());
  const value = fc.oneof(fc.string(), fc.json(), fc.constantFrom('1e999', '-1', 'null', '[]', '{"kind":"ratio","ratio":-1}', '<script>'));
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value)), fc.string(), (parts, noise) => {
      const { form, problems } = formOfLink(`#${new URLSearchParams(parts)}${noise}`);
      const { files, ...settings } = form;
      expect(files).toEqual([]);
      expect(FormSettings.safeParse(settings).success).toBe(true);
      // What the link says is quoted in part only.
      for (const problem of problems) expect(problem.length).toBeLessThan(600);
    }),
  );
});

test('the good parts of a link are taken, and each bad one is a sentence', () => {
  const { form, problems } = formOfLink('#v=7&tokens=128&ranks=many&link={"kind":"fast"}&wire=<b>f32</b>&model=files&volume=11');
  expect(form).toEqual({ ...DEFAULT_FORM, tokens: 128 });
  expect(problems).toHaveLength(6);
  expect(problems[0]).toMatch(/of version “7”, and this lab reads version 1/);
  expect(problems[1]).toMatch(/The link's ranks, “many”, can't be used: .* The default was taken instead/);
  expect(problems[4]).toMatch(/files are not in a link/);
  expect(problems[5]).toMatch(/“volume”, which there is not/);
  expect(formOfLink(`#${Array.from({ length: 5000 }, (_, i) => `a${i % 50}=1`).join('&')}`).problems).toHaveLength(10);
  expect(formOfLink(`#prompt=${'a'.repeat(300_000)}`).problems).toEqual([expect.stringMatching(/longer than 200000 characters/)]);
});
