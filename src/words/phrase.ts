/**
 * Words for the user with places for values: what is wrong and what would be right, or what something is called. Plain
 * data, so that a worker can send it and a page say it in its own language. `id`, the English with {0}, {1} … for its
 * values, is what a catalogue of another language knows it by, as in GNU gettext.
 */
export type Phrase = { readonly id: string; readonly values: readonly Value[] };
type Value = string | number | Phrase;

/** Tags a template. */
export const phrase = (words: TemplateStringsArray, ...values: readonly Value[]): Phrase => ({
  id: words.reduce((id, part, place) => `${id}{${place - 1}}${part}`),
  values,
});

/** In the words that `translated` has for an id, or else in English. */
export function inWords({ id, values }: Phrase, translated: (id: string) => string | undefined): string {
  const said = values.map((value) => (typeof value === 'object' ? inWords(value, translated) : String(value)));
  return (translated(id) ?? id).replaceAll(/\{(\d+)\}/g, (_, place) => said[Number(place)]!);
}

export const english = (said: Phrase): string => inWords(said, () => undefined);

/** A text of a file, as a sentence may quote it: files can hold names of any length. */
export const quoted = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** What an error says of itself, in whatever language. */
export const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
