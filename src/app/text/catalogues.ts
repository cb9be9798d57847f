import { inWords, type Phrase } from '../../words/phrase';
import type { View } from '../view';
import { en, type Text } from './en';
import { PHRASES } from './phrases_zh';
import { zh } from './zh';

const CATALOGUES = { en, zh } as const;
export type Language = keyof typeof CATALOGUES;

export const languageOf = ({ lang }: Pick<View, 'lang'>): Language =>
  lang === 'auto' ? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en') : lang;

/** The page's words. */
export const textIn = (language: Language): Text => CATALOGUES[language];

/** What the engine, a link or a file says. */
export const sayIn = (language: Language, phrase: Phrase): string =>
  inWords(phrase, (id) => (language === 'zh' ? PHRASES[id] : undefined));
