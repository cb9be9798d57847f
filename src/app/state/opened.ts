import { readLink } from './link';
import { View } from './view';

/** What the page's address said when it was opened; a language alone is also said as `?lang=zh`. */
export const OPENED = opened();

function opened() {
  const link = readLink(location.hash);
  const { data } = View.shape.lang.safeParse(new URLSearchParams(location.search).get('lang'));
  return data && link.view.lang === 'auto' ? { ...link, view: { ...link.view, lang: data } } : link;
}
