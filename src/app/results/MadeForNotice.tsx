import type { MadeFor } from '../../lab/find_model';
import { useText } from '../text/useText';

/** Says when the weights were not made for what ran on them, and when routing was forced. */
export function MadeForNotice({
  madeFor,
  connectivities,
  balanced,
}: {
  madeFor: MadeFor;
  connectivities: readonly string[];
  balanced: boolean;
}) {
  const { results } = useText();
  if (madeFor === 'none')
    return (
      <p className="notice">
        {results.untrained}
        {balanced && ` ${results.forced}`}
      </p>
    );
  const other = connectivities.find(
    (connectivity) => madeFor !== 'both' && (connectivity === 'farskip') !== (madeFor === 'farskip'),
  );
  if (other === undefined) return null;
  return <p className="notice">{madeFor === 'farskip' ? results.farskipOnly : results.regularOnly}</p>;
}
