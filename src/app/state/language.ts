import { LANGUAGE_IDS, type Language, textIn } from '../text/catalogues';
import type { Text } from '../text/en';
import type { View } from './view';
import { useView } from './view_store';

export const languageOf = ({ lang }: Pick<View, 'lang'>): Language =>
  lang === 'auto' ? (LANGUAGE_IDS.find((id) => navigator.language.toLowerCase().startsWith(id)) ?? 'en') : lang;

/** The page's words in the language that is chosen. */
export const useText = (): Text => textIn(useView((state) => languageOf(state.view)));

/** The same outside of components. */
export const textNow = (): Text => textIn(languageOf(useView.getState().view));
