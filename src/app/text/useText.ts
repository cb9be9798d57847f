import { useLab } from '../store';
import type { View } from '../view';
import { en, type Text } from './en';
import { zh } from './zh';

const CATALOGUES = { en, zh } as const;
export type Language = keyof typeof CATALOGUES;

export const languageOf = ({ lang }: Pick<View, 'lang'>): Language =>
  lang === 'auto' ? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en') : lang;

/** The page's words in the language that is chosen. */
export const useText = (): Text => CATALOGUES[useLab((state) => languageOf(state.view))];
