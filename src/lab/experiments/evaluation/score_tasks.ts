import type { TextTokenizer } from '../../../model/tokenizer';
import type { Scorer } from '../../setup/scorer';
import { END, tokensOf } from '../corpora/item_tokens';
import type { Item, Task } from '../corpora/tasks';

/**
 * Of a task, whether each item was answered rightly, and a number for what each asks: items of learnt facts ask the
 * same beside other wrong answers.
 */
export type TaskScore = {
  readonly task: string;
  readonly right: readonly boolean[];
  readonly question: readonly number[];
};

/** The share of items that are right, mean over tasks. */
export const averageOf = (scores: readonly TaskScore[]): number =>
  scores.reduce((sum, { right }) => sum + shareOf(right), 0) / scores.length;
export const shareOf = (right: readonly boolean[]): number => right.filter((own) => own).length / right.length;

/** Items of tasks, the same for every model that is asked. */
export type Asked = readonly { readonly task: Task; readonly items: readonly Item[] }[];

/**
 * Answers items of tasks. A greedy text is the answer exactly where after each of the answer's tokens the next one is
 * the likeliest: so no text is written for it.
 */
export async function scoreTasks(
  scorer: Scorer,
  tokenizer: TextTokenizer,
  asked: Asked,
  signal?: AbortSignal,
  onDone?: (done: number, total: number) => void,
): Promise<TaskScore[]> {
  // Each answer of each item is a sequence.
  const options = asked.flatMap(({ items }) =>
    items.flatMap((item) => answersOf(item).map((answer) => ({ item, answer }))),
  );
  const sequences = options.map(({ item, answer }) => tokensOf(tokenizer, item.prompt, answer));
  const scores = await scorer.score(sequences, signal, (done) => onDone?.(done, sequences.length));
  const answered = options.map(({ item: { prompt }, answer }, i) => {
    const ids = sequences[i]!;
    const from = tokenizer.encode(END, true).length + tokenizer.encode(prompt, true).length;
    const { losses, likeliest } = scores[i]!;
    const at = Array.from({ length: ids.length - from }, (_, k) => from + k);
    return {
      surprise: sum(at.slice(0, tokenizer.encode(answer, true).length).map((k) => losses[k - 1]!)),
      exact: at.every((k) => likeliest[k - 1] === ids[k]),
    };
  });
  const each = answered.values();
  return asked.map(({ task, items }) => ({
    task: task.id,
    question: numbered(items.map(({ prompt, answer }) => prompt + answer)),
    right: items.map((item) => {
      const [own, ...others] = answersOf(item).map(() => each.next().value!);
      return task.scored === 'exact' ? own!.exact : others.every(({ surprise }) => surprise > own!.surprise);
    }),
  }));
}

const answersOf = ({ answer, others }: Item): readonly string[] => [answer, ...others];
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** A number for each text, the same for texts that are the same. */
function numbered(texts: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  for (const text of texts) if (!numbers.has(text)) numbers.set(text, numbers.size);
  return texts.map((text) => numbers.get(text)!);
}
