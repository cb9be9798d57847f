import { useState } from 'react';

/**
 * What is typed into a field and not taken, as long as the value of the field is the one it was typed over: it is
 * forgotten when the value changes elsewhere, as by undo or a link. Values are compared as they are, so they are texts
 * or numbers.
 */
export function useDraft<Draft, Value extends string | number | null>(
  value: Value,
): [draft: Draft | null, keep: (draft: Draft | null, over?: Value) => void] {
  const [own, setOwn] = useState<{ readonly draft: Draft; readonly over: Value } | null>(null);
  if (own && own.over !== value) setOwn(null);
  return [
    own?.over === value ? own.draft : null,
    (draft, over = value) => setOwn(draft === null ? null : { draft, over }),
  ];
}
