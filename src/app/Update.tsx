import { useEffect, useState } from 'react';
import { type Phrase, phrase } from '../words/phrase';
import { watchForUpdate } from './offline';
import { useText } from './state/language';

/** Says that a new version of the page is there, which a reload brings. */
export function Update({ onProblem }: { onProblem: (why: Phrase) => void }) {
  const t = useText();
  const [apply, setApply] = useState<(() => void) | null>(null);
  // Once: registering again would tell of the same version twice.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the page registers its worker when it opens
  useEffect(() => {
    watchForUpdate(
      (found) => setApply(() => found),
      (why) => onProblem(phrase`The lab can't be kept for use offline here: ${why}.`),
    );
  }, []);
  if (!apply) return null;
  return (
    <div className="update" role="status">
      {t.update.ready}
      <button type="button" onClick={apply}>
        {t.update.reload}
      </button>
      <button type="button" onClick={() => setApply(null)}>
        {t.update.later}
      </button>
    </div>
  );
}
