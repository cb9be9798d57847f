import type { ReactNode } from 'react';
import { DEFAULT_FORM } from '../state/form';
import { linkOf } from '../state/link';
import { DEFAULT_VIEW } from '../state/view';
import { useView } from '../state/view_store';

type Props = {
  readonly page: 'lab' | 'speed' | 'glossary';
  /** Of what is shown there. */
  readonly place?: string;
  /** It leaves what goes on here as it is. */
  readonly apart?: boolean;
  readonly children: ReactNode;
};

/** A link to another page of the site, in the language that was chosen here. */
export function PageLink({ page, place, apart, children }: Props) {
  const lang = useView((state) => state.view.lang);
  const said = lang === DEFAULT_VIEW.lang ? '' : `?lang=${lang}`;
  const href =
    page === 'lab'
      ? `./${linkOf(DEFAULT_FORM, { ...DEFAULT_VIEW, lang })}`
      : `./${page}.html${said}${place ? `#${place}` : ''}`;
  return (
    <a href={href} {...(apart && { target: '_blank', rel: 'noreferrer' })}>
      {children}
    </a>
  );
}
