import { useEffect } from 'react';
import { languageOf } from '../state/language';
import { useView } from '../state/view_store';
import { LANGUAGES } from '../text/catalogues';

/** Says in the document which language the page is in. */
export function useLanguageOfPage(): void {
  const language = useView((state) => languageOf(state.view));
  useEffect(() => {
    document.documentElement.lang = LANGUAGES[language].html;
  }, [language]);
}
