import type { Phrase } from '../../words/phrase';
import { useText } from '../state/language';

/** Says that a result was cut short, where it was. */
export function EndedEarly({ early }: { early: Phrase | null }) {
  const t = useText();
  return early && <p className="notice ended-early">{t.say(early)}</p>;
}
