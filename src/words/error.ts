import { english, type Phrase } from './phrase';

/** An error that is the user's to mend: one sentence that says what is wrong and what would be right. */
export class InputError extends Error {
  override name = 'InputError';
  constructor(readonly phrase: Phrase) {
    super(english(phrase));
  }
}
