import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askedBy, DEFAULT_FORM, type Form, FormSettings, formOfRun } from '../../src/app/state/form';
import { linkOf, readLink } from '../../src/app/state/link';
import { DEFAULT_VIEW, View } from '../../src/app/state/view';
import { type LabRun, newRun } from '../../src/lab/runs/lab_run';
import { openRecorded } from '../../src/lab/runs/open_recorded';
import { RECORDED } from '../../src/lab/runs/recorded';
import { textOf } from '../../src/words/bytes_of';
import { english } from '../../src/words/phrase';

const forms = fc.record({
  model: fc.constantFrom('reference', 'kept:my model', 'https://example.org/a/b?c=d#e', 'deepseek-v2-lite-960m'),
  files: fc.constant([] as File[]),
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
  connectivity: fc.shuffledSubarray(['regular', 'farskip', 'ladder', 'last:2', 'config'], { minLength: 1 }),
  schedule: fc.subarray(['blocking', 'overlapped'] as const, { minLength: 1 }),
  pass: fc.constantFrom('forward', 'backward', 'step'),
  recompute: fc.boolean(),
  sharded: fc.boolean(),
  repeats: fc.integer({ min: 1, max: 1000 }),
  promptAs: fc.constantFrom('text', 'chat', 'ids'),
  others: fc.integer({ min: 0, max: 255 }),
  newTokens: fc.integer({ min: 1, max: 4096 }),
  chunk: fc.integer({ min: 1, max: 4096 }),
  sampling: fc.record({
    temperature: fc.double({ min: 0.001, max: 10, noNaN: true }),
    topK: fc.integer({ min: 0, max: 1e6 }),
    topP: fc.double({ min: 0.001, max: 1, noNaN: true }),
  }),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  allReduce: fc.constantFrom('auto', 'direct', 'ring'),
  topology: fc.record({
    nodes: fc.integer({ min: 1, max: 16 }),
    between: fc.option(
      fc.record({ gbps: fc.double({ min: 0.01, max: 1e6, noNaN: true }), us: fc.integer({ min: 0, max: 1e6 }) }),
    ),
    jitter: fc.double({ min: 0.001, max: 10, noNaN: true }),
    slow: fc.option(fc.record({ rank: fc.nat(15), times: fc.integer({ min: 1, max: 100 }) })),
  }),
  dilate: fc.option(fc.integer({ min: 1, max: 1000 })),
  until: fc.option(fc.double({ min: 0.001, max: 1, noNaN: true })),
  budget: fc.integer({ min: 1, max: 36000 }),
  sweep: fc.option(
    fc.oneof(
      fc.record({
        over: fc.constantFrom('ratio', 'tokens'),
        values: fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 32 }),
      }),
      fc.record({
        over: fc.constant('ranks'),
        values: fc.uniqueArray(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 16 }),
      }),
    ),
  ),
});
const time = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((ms) => ms + 0);
const track = fc.constantFrom('ep/regular-blocking', '20261124T204512345/0.25-last:2-overlapped');
const views = fc.record({
  tracks: fc.array(track, { maxLength: 6 }),
  from: fc.option(time),
  to: fc.option(time),
  align: fc.constantFrom('time', 'layer'),
  collapsed: fc.array(fc.nat(4095), { maxLength: 9 }),
  windows: fc.boolean(),
  arrows: fc.boolean(),
  selected: fc.option(
    fc.oneof(
      fc.record({
        track,
        kind: fc.constantFrom('compute', 'collective', 'message', 'gap'),
        op: fc.option(fc.nat(999)),
        rank: fc.nat(15),
        nth: fc.nat(9),
      }),
      fc.record({ track, list: fc.constantFrom('spans', 'gaps'), place: fc.nat(999) }),
    ),
  ),
  range: fc.option(fc.tuple(time, time)),
  marks: fc.array(fc.tuple(time, time), { maxLength: 5 }),
  search: fc.string({ unit: 'grapheme', maxLength: 60 }),
  lang: fc.constantFrom('auto', 'en', 'zh'),
});

test('a link gives back any form and view; the defaults need none', () => {
  expect(linkOf(DEFAULT_FORM, DEFAULT_VIEW)).toBe('');
  expect(readLink('')).toEqual({ form: DEFAULT_FORM, saysSettings: false, view: DEFAULT_VIEW, problems: [] });
  expect(readLink('#v=4&task=measure').saysSettings).toBe(true);
  fc.assert(
    fc.property(forms, views, (form: Form, view: View) => {
      // −0 is 0 in JSON.
      expect(readLink(linkOf(form, view))).toEqual({
        form,
        saysSettings: linkOf(form, DEFAULT_VIEW) !== '',
        view: JSON.parse(JSON.stringify(view)),
        problems: [],
      });
    }),
  );
});

test('whatever a link says, the form and the view are such as their schemas take', () => {
  const key = fc.oneof(
    fc.constantFrom(...Object.keys(DEFAULT_FORM), ...Object.keys(DEFAULT_VIEW), 'v', '__proto__', 'constructor'),
    fc.string(),
  );
  const value = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom('1e999', '-1', 'null', '[]', '{"kind":"ratio","ratio":-1}', '<script>'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value)), fc.string(), (parts, noise) => {
      const { form, view, problems } = readLink(`#${new URLSearchParams(parts)}${noise}`);
      const { files, ...settings } = form;
      expect(files).toEqual([]);
      expect(FormSettings.safeParse(settings).success).toBe(true);
      expect(View.safeParse(view).success).toBe(true);
      // What the link says is quoted in part only.
      for (const problem of problems) expect(english(problem).length).toBeLessThan(600);
    }),
  );
});

test('the good parts of a link are taken, and each bad one is a sentence', () => {
  const sentences = (fragment: string) => readLink(fragment).problems.map(english);
  const { form, view, problems } = readLink(
    '#v=77&tokens=128&ranks=many&link={"kind":"fast"}&wire=<b>f32</b>&model=files&volume=11&align=layer&tracks=<x>&from=1e99&selected=9z',
  );
  expect(form).toEqual({ ...DEFAULT_FORM, tokens: 128 });
  expect(view).toEqual({ ...DEFAULT_VIEW, align: 'layer' });
  expect(problems).toHaveLength(9);
  const said = problems.map(english);
  expect(said[6]).toMatch(/The link's tracks, “<x>”, can't be used: it should be a list/);
  expect(said[0]).toMatch(/of version “77”, and this lab reads versions up to 4/);
  expect(said[1]).toMatch(/The link's ranks, “many”, can't be used: .* The default was taken instead/);
  expect(said[4]).toMatch(/files are not in a link/);
  expect(said[5]).toMatch(/“volume”, which there is not/);
  expect(readLink(`#${Array.from({ length: 5000 }, (_, i) => `a${i % 50}=1`).join('&')}`).problems).toHaveLength(10);
  expect(sentences(`#prompt=${'a'.repeat(3_000_000)}`)).toEqual([
    expect.stringMatching(/longer than 2000000 characters/),
  ]);
  // The longest prompt that the form takes, in letters that take nine characters each in a link.
  const long = { ...DEFAULT_FORM, prompt: '\u4e00'.repeat(100_000) };
  expect(readLink(linkOf(long, DEFAULT_VIEW))).toMatchObject({ form: long, view: DEFAULT_VIEW, problems: [] });
});

test('the form takes the settings of a run, which it then runs again', async () => {
  const files = await Promise.all(
    RECORDED.filter(({ kind }) => kind !== 'traces').map(({ id }) =>
      openRecorded(id, async (path) => textOf(path, new Blob([readFileSync(`public/${path}`)]))),
    ),
  );
  const of = (form: Form): LabRun => {
    const asked = askedBy(form);
    const recorded = files.find(({ kind }) => kind === asked.experiment)!;
    if (recorded.kind === 'measurement' || recorded.kind === 'generation')
      return { ...recorded, result: { ...recorded.result, settings: asked.settings } } as LabRun;
    throw new Error('a measurement or a text');
  };
  fc.assert(
    fc.property(forms, (any) => {
      const form = { ...any, sweep: null } as Form;
      const again = { ...DEFAULT_FORM, ...formOfRun(of(form))! };
      expect(again.task).toBe(form.task);
      expect(askedBy(again)).toEqual(askedBy(form));
      const { files: _, ...settings } = again;
      expect(FormSettings.safeParse(settings).success).toBe(true);
    }),
  );
  for (const run of files) expect(formOfRun(run)).not.toBeNull();
  expect(formOfRun(newRun({ kind: 'trace', result: { ranks: 1, spans: [] } }, 'a trace'))).toBeNull();
});
