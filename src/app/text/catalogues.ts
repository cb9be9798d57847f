import { en, type Text } from './en';
import { zh } from './zh';

const CATALOGUES = { en, zh } as const;
export type Language = keyof typeof CATALOGUES;

/** The page's words. */
export const textIn = (language: Language): Text => CATALOGUES[language];
