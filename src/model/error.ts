/** An error whose message is meant for the user: one sentence that says what is wrong and what would be right. */
export class InputError extends Error {
  override name = 'InputError';
}
