import type { LabRun } from '../../lab/runs/lab_run';
import { openRecorded } from '../../lab/runs/open_recorded';
import { textOf } from '../../words/bytes_of';
import { InputError } from '../../words/error';
import { type Phrase, phrase, wordsOf } from '../../words/phrase';

/** A recorded run of the site. */
export async function loadRecorded(
  id: string,
): Promise<{ readonly kind: 'loaded'; readonly run: LabRun } | { readonly kind: 'failed'; readonly why: Phrase }> {
  try {
    return { kind: 'loaded', run: await openRecorded(id, textAt) };
  } catch (cause) {
    // fetch says by a TypeError that there is no network.
    if (cause instanceof InputError) return { kind: 'failed', why: cause.phrase };
    if (cause instanceof TypeError)
      return { kind: 'failed', why: phrase`The recorded run can't be read: ${wordsOf(cause)}.` };
    throw cause;
  }
}

async function textAt(path: string): Promise<string> {
  const response = await fetch(new URL(path, document.baseURI));
  if (!response.ok) throw new InputError(phrase`The recorded run can't be read: ${path}: ${response.status}.`);
  return textOf(path, await response.blob());
}
