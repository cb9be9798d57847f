import { useEffect, useState } from 'react';
import { connectivityIn, FROM_CONFIG } from '../../connectivity/methods';
import { findModel } from '../../lab/setup/find_model';
import type { Checkpoint } from '../../model/checkpoint';
import { PRESETS } from '../../model/presets';
import { filesSource, has, type Source, siteSource } from '../../model/source';
import { InputError } from '../../words/error';
import { type Phrase, phrase, wordsOf } from '../../words/phrase';

/**
 * What is known of a model before it is loaded: its config and the headers of its files, or a sentence that says why
 * not.
 */
export type Described =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'found';
      readonly checkpoint: Checkpoint;
      readonly source: Source | null;
      /** It has a tokenizer.json, or one of the site's is used. */
      readonly readsText: boolean;
    }
  | { readonly kind: 'refused'; readonly why: Phrase };

const WAITING: Described = { kind: 'waiting' };

export function useDescribed(model: string, files: readonly File[]): Described {
  const [described, setDescribed] = useState<Described>(WAITING);
  useEffect(() => {
    let current = true;
    setDescribed(WAITING);
    describe(model, files)
      .catch(
        (cause): Described => ({
          kind: 'refused',
          why: cause instanceof InputError ? cause.phrase : phrase`The model can't be read: ${wordsOf(cause)}.`,
        }),
      )
      .then((found) => current && setDescribed(found));
    return () => {
      current = false;
    };
  }, [model, files]);
  return described;
}

async function describe(model: string, files: readonly File[]): Promise<Described> {
  const places = { source: siteSource(document.baseURI), dropped: files.length > 0 ? filesSource(files) : null };
  const { checkpointOf, source } = await findModel(places, model, false);
  const checkpoint = await checkpointOf(FROM_CONFIG);
  // What its keys switch on is wanted for the wiring: keys that contradict one another are refused here.
  connectivityIn(checkpoint.config, checkpoint.spec);
  const preset = PRESETS.some(({ id }) => id === model);
  const readsText = preset || !source || (await has(source, 'tokenizer.json'));
  return { kind: 'found', checkpoint, source, readsText };
}
