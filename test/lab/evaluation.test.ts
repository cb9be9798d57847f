import { expect, test } from 'vitest';
import { diskSource } from '../../src/cli/disk';
import { differentItems, itemsOf, TASKS } from '../../src/lab/experiments/corpora/tasks';
import { earlyEvaluation } from '../../src/lab/experiments/ended';
import { differenceOf } from '../../src/lab/experiments/evaluation/difference';
import { EvaluateSettings, evaluateExperiment } from '../../src/lab/experiments/evaluation/evaluate';
import { averageOf, scoreTasks } from '../../src/lab/experiments/evaluation/score_tasks';
import { jsonOf } from '../../src/lab/experiments/training/checkpoint_files';
import { bestOf } from '../../src/lab/experiments/training/early_stop';
import { RECIPE_IDS, recipeOf } from '../../src/lab/experiments/training/recipes';
import { TrainSettings } from '../../src/lab/experiments/training/settings';
import type { Scorer } from '../../src/lab/setup/scorer';
import { readJson } from '../../src/model/source';
import { parseTokenizer } from '../../src/model/tokenizer';
import { english } from '../../src/words/phrase';
import { openLab } from '../support';
import { SETTINGS } from './training_settings';

const tokenizer = parseTokenizer(await readJson(diskSource('public'), 'models/reference/tokenizer.json'));

/** A model whose surprise at a token, and whose likeliest next one, are a function of what came before. */
const modelOf = (next: (text: string) => string): Scorer => ({
  async score(sequences) {
    return sequences.map((ids) => {
      const likeliest = ids.map((_, i) => {
        const text = tokenizer.decode(ids.slice(0, i + 1));
        return tokenizer.encode(next(text), true)[0] ?? 0;
      });
      return {
        likeliest: Uint32Array.from(likeliest),
        losses: Float32Array.from(ids, (_, i) => (likeliest[i] === ids[i + 1] ? 0.1 : 5)),
      };
    });
  },
  destroy() {},
});

test('a model that knows the answers has all right, one that does not has none; a wrong token is enough', async () => {
  const answers = new Map<string, string>();
  for (const [i, task] of TASKS.entries()) {
    const next = itemsOf(task, 9 + i, 'evaluation');
    for (let k = 0; k < 2000; k++) {
      const { prompt, answer } = next();
      answers.set(prompt, answer);
    }
  }
  // Of the words after "say:" only the whole sentence is known.
  const asked = TASKS.filter(({ id }) => id !== 'order');
  const knows = (wrong: (answer: string) => string) => (text: string) => {
    for (const [prompt, answer] of answers) {
      const own = `\n${prompt}`;
      const whole = `${wrong(answer)}\n`;
      if (text.startsWith(own) && whole.startsWith(text.slice(own.length)))
        return whole.slice(text.length - own.length);
    }
    return '?';
  };
  const items = asked.slice(0, 6).map((task, i) => ({ task, items: differentItems(task, 9 + i, 5, 'evaluation') }));
  const scored = (next: (text: string) => string) => scoreTasks(modelOf(next), tokenizer, items);
  expect(averageOf(await scored(knows((answer) => answer)))).toBe(1);
  const endless = await scored(knows((answer) => `${answer} a`));
  expect(endless.filter((_, i) => asked[i]!.scored === 'exact').every(({ right }) => !right.includes(true))).toBe(true);
  expect(averageOf(await scored(() => '?'))).toBe(0);
});

test('a difference is that of pairs, and items of one question count as one', () => {
  const scoreOf = (right: readonly number[], question: readonly number[]) => [
    { task: 'a', right: right.map(Boolean), question },
  ];
  const own = [0, 1, 2, 3];
  // Differences 1, 0, −1, 1: mean 1/4, of variance 11/12 a pair.
  const { mean, low, high } = differenceOf(scoreOf([0, 1, 1, 0], own), scoreOf([1, 1, 0, 1], own));
  expect(mean).toBe(0.25);
  expect(high - mean).toBeCloseTo(1.96 * Math.sqrt(11 / 12 / 4), 12);
  expect(mean - low).toBeCloseTo(high - mean, 12);
  // The same four items, each asked twice, tell no more.
  const twice = [...own, ...own];
  const again = differenceOf(scoreOf([0, 1, 1, 0, 0, 1, 1, 0], twice), scoreOf([1, 1, 0, 1, 1, 1, 0, 1], twice));
  expect(again.high - again.mean).toBeCloseTo(high - mean, 12);
});

test('a training ends when benchmarks gain no more, and its best weights are those of the best', () => {
  const told = (...scores: number[]) => scores.map((score, i) => ({ step: 10 * (i + 1), score }));
  const rule = { patience: 2, delta: 0.02 };
  expect(bestOf([], rule)).toEqual({ best: null, ends: false });
  expect(bestOf(told(0.5, 0.6), rule).ends).toBe(false);
  expect(bestOf(told(0.5, 0.6, 0.61, 0.615), rule)).toEqual({ best: { step: 40, score: 0.615 }, ends: true });
  // Little by little it does gain.
  expect(bestOf(told(0.5, 0.515, 0.53, 0.545), rule).ends).toBe(false);
  // Of equal ones the last: where nothing is ever answered, the training's last weights.
  expect(bestOf(told(0, 0, 0), rule)).toEqual({ best: { step: 30, score: 0 }, ends: true });
  expect(bestOf(told(0.6, 0.2, 0.3), rule)).toEqual({ best: { step: 10, score: 0.6 }, ends: true });
});

test.each(RECIPE_IDS.map((id) => id.replace('N', '2')))('the recipe %s is whole settings', (id) => {
  expect(TrainSettings.safeParse({ ...SETTINGS, ...recipeOf(id) }).error).toBeUndefined();
  expect(recipeOf(`${id}x`)).toBeNull();
});

test('whole numbers that were written with a fraction keep it', () => {
  const value = { a: 0, b: { a: -2, c: 3 }, d: 'a float: 1.0 in a text', e: 0.5 };
  const text = jsonOf(value, new Set(['a', 'd', 'e']));
  expect(JSON.parse(text)).toEqual(value);
  expect(text.match(/-?\d+\.\d+/g)).toEqual(['0.0', '-2.0', '1.0', '0.5']);
});

test('what an evaluation found of models before it was stopped is not lost', async () => {
  const lab = await openLab();
  const folder = 'test/oracle/fixtures/qwen3_moe';
  const settings = EvaluateSettings.parse({
    model: [folder, folder],
    connectivity: ['regular', 'farskip'],
    val: `${folder}/expected.regular.safetensors`,
    data: null,
    length: 16,
    tasks: null,
    ranks: 1,
  });
  const stoppedAt = (number: number) => {
    const stop = new AbortController();
    const onEvent = (event: { kind: string; part?: { number: number } | null }) => {
      if (event.kind === 'progress' && event.part?.number === number) stop.abort();
    };
    return evaluateExperiment.run(lab, settings, onEvent, stop.signal);
  };
  await expect(stoppedAt(1)).rejects.toThrow(/abort/i);
  const evaluation = await stoppedAt(2);
  expect(evaluation.models).toHaveLength(1);
  expect(evaluation.models[0]!.next!.loss).toBeGreaterThan(1);
  expect(english(earlyEvaluation(evaluation)!)).toBe('Stopped after 1 of 2 models.');
  lab.close();
});
