import { en, type Text } from './en';
import { zh } from './zh';

/**
 * All languages of the page, by what the view calls them: the words, what HTML calls it, and its own name for itself.
 */
export const LANGUAGES = {
  en: { words: en, html: 'en', name: 'English' },
  zh: { words: zh, html: 'zh-Hans', name: '简体中文' },
} as const satisfies Readonly<Record<string, { readonly words: Text; readonly html: string; readonly name: string }>>;
export type Language = keyof typeof LANGUAGES;
export const LANGUAGE_IDS = Object.keys(LANGUAGES) as [Language, ...Language[]];

/** The page's words. */
export const textIn = (language: Language): Text => LANGUAGES[language].words;
