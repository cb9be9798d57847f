import { InputError } from '../../../words/error';
import { phrase } from '../../../words/phrase';
import { seededRandom } from '../../statistics/random';

/** The share of a text that is held out, at its end, and how many windows of it the loss is taken over at most. */
const HELD_OUT = 0.05;
const MOST_WINDOWS = 64;

export type Windows = {
  /** So many windows of the text for training, drawn from a seed one batch after the other. */
  readonly next: (count: number) => number[][];
  /** Windows of what is held out, as far apart from one another. */
  readonly heldOut: readonly (readonly number[])[];
};

/** Windows of `length` tokens of a text. Throws InputError where it is too short. */
export function windowsOf(tokens: readonly number[], length: number, seed: number): Windows {
  const cut = Math.floor(tokens.length * (1 - HELD_OUT));
  const held = tokens.slice(cut);
  if (cut <= length + 1 || held.length <= length + 1)
    throw new InputError(
      phrase`The text has ${tokens.length} tokens, of which a twentieth is held out: too few for windows of ${length}; use a longer text or a shorter length.`,
    );
  const count = Math.min(MOST_WINDOWS, Math.floor((held.length - 1) / length));
  const apart = Math.floor((held.length - length - 1) / count);
  const random = seededRandom(seed);
  const windowAt = (text: readonly number[], from: number) => text.slice(from, from + length);
  return {
    next: (batch) => Array.from({ length: batch }, () => windowAt(tokens, Math.floor(random() * (cut - length)))),
    heldOut: Array.from({ length: count }, (_, i) => windowAt(held, i * apart)),
  };
}
