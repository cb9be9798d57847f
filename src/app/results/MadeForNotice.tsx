import { FROM_CONFIG, nameOfMethod } from '../../connectivity/methods';
import { useText } from '../state/language';

/** Says when the weights were not made for what ran on them, and when routing was forced. */
export function MadeForNotice({
  madeFor,
  connectivities,
  balanced,
}: {
  madeFor: readonly string[];
  connectivities: readonly string[];
  balanced: boolean;
}) {
  const t = useText();
  const { results } = t;
  if (madeFor.length === 0)
    return (
      <p className="notice">
        {results.untrained}
        {balanced && ` ${results.forced}`}
      </p>
    );
  const others = new Set(connectivities.filter((own) => own !== FROM_CONFIG && !madeFor.includes(own)));
  if (others.size === 0) return null;
  const named = (methods: Iterable<string>) => [...methods].map((own) => t.say(nameOfMethod(own))).join(t.join.and);
  return <p className="notice">{results.notMadeFor(named(madeFor), named(others))}</p>;
}
