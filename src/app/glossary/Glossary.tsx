import { PageLink } from '../parts/PageLink';
import { useLanguageOfPage } from '../parts/useLanguageOfPage';
import { useText } from '../state/language';

/** What the terms of the lab mean, each at an address of its own. */
export function Glossary() {
  const t = useText();
  useLanguageOfPage();
  return (
    <>
      <header>
        <div className="head">
          <h1>{t.glossary.heading}</h1>
          <div className="group">
            <PageLink page="lab">{t.speed.lab}</PageLink>
          </div>
        </div>
      </header>
      <main className="glossary">
        <dl>
          {Object.entries(t.glossary.terms).map(([id, { name, meaning }]) => (
            <div key={id} id={id}>
              <dt>{name}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </main>
    </>
  );
}
