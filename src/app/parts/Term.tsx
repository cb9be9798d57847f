import { type ReactNode, useId } from 'react';
import { useText } from '../state/language';
import type { Text } from '../text/en';
import { PageLink } from './PageLink';

export type TermId = keyof Text['glossary']['terms'];

/** A term of the field, as words of the page: pressed, it says what it means. */
export function Term({ of, children }: { of: TermId; children: ReactNode }) {
  const t = useText();
  const id = useId();
  const { name, meaning } = t.glossary.terms[of];
  return (
    <>
      <button type="button" className="term" popoverTarget={id}>
        {children}
      </button>
      <span id={id} popover="auto" className="meaning">
        <strong>{name}</strong>
        {t.join.colon}
        {meaning}{' '}
        <PageLink page="glossary" place={of} apart>
          {t.glossary.all}
        </PageLink>
      </span>
    </>
  );
}
