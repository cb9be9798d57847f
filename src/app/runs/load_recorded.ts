import type { LabRun } from '../../lab/runs/lab_run';
import { recordedPath } from '../../lab/runs/recorded';
import { parseRunFile } from '../../lab/runs/run_file';
import { InputError } from '../../words/error';
import { type Phrase, phrase, wordsOf } from '../../words/phrase';
import { textOf } from '../../words/text_of';

/** A recorded run of the site, under its own short id, so that links to it stay short. */
export async function loadRecorded(
  id: string,
): Promise<{ readonly kind: 'loaded'; readonly run: LabRun } | { readonly kind: 'failed'; readonly why: Phrase }> {
  const path = recordedPath(id);
  try {
    const response = await fetch(new URL(path, document.baseURI));
    if (!response.ok)
      return { kind: 'failed', why: phrase`The recorded run can't be read: ${path}: ${response.status}.` };
    return { kind: 'loaded', run: { ...parseRunFile(path, await textOf(path, await response.blob())), id } };
  } catch (cause) {
    // fetch says by a TypeError that there is no network.
    if (cause instanceof InputError) return { kind: 'failed', why: cause.phrase };
    if (cause instanceof TypeError)
      return { kind: 'failed', why: phrase`The recorded run can't be read: ${wordsOf(cause)}.` };
    throw cause;
  }
}
