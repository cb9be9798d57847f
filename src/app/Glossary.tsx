import { useText } from './state/language';

/** What the terms of the page mean. */
export function Glossary() {
  const t = useText();
  return (
    <details id="glossary">
      <summary>{t.glossary.heading}</summary>
      <dl>
        {Object.entries(t.glossary.terms).map(([id, { name, meaning }]) => (
          <div key={id}>
            <dt>{name}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
