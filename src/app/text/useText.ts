import { useCallback } from 'react';
import { inWords, type Phrase } from '../../model/phrase';
import { useLab } from '../store';
import type { View } from '../view';
import { en, type Text } from './en';
import { PHRASES } from './phrases_zh';
import { zh } from './zh';

const CATALOGUES = { en, zh } as const;
export type Language = keyof typeof CATALOGUES;

export const languageOf = ({ lang }: Pick<View, 'lang'>): Language =>
  lang === 'auto' ? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en') : lang;

/** The page's words in the language that is chosen. */
export const useText = (): Text => CATALOGUES[useLab((state) => languageOf(state.view))];

/** What the engine, a link or a file says, in that language. */
export const sayIn = (language: Language, phrase: Phrase): string => inWords(phrase, (id) => (language === 'zh' ? PHRASES[id] : undefined));

export function useSay(): (phrase: Phrase) => string {
  const language = useLab((state) => languageOf(state.view));
  return useCallback((phrase) => sayIn(language, phrase), [language]);
}
