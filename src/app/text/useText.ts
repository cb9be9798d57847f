import { useCallback } from 'react';
import type { Phrase } from '../../words/phrase';
import { useLab } from '../store';
import { languageOf, sayIn, textIn } from './catalogues';
import type { Text } from './en';

/** The page's words in the language that is chosen. */
export const useText = (): Text => textIn(useLab((state) => languageOf(state.view)));

/** Says phrases in that language. */
export function useSay(): (phrase: Phrase) => string {
  const language = useLab((state) => languageOf(state.view));
  return useCallback((phrase) => sayIn(language, phrase), [language]);
}
