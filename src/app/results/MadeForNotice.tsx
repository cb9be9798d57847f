import type { MadeFor } from '../lab/find_model';

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
  if (madeFor === 'none')
    return (
      <p className="notice">
        An untrained model: its times mean something, its text and logits nothing.
        {balanced && ' Its routing is forced to be balanced: tokens are dealt out to the experts evenly.'}
      </p>
    );
  const other = connectivities.find((connectivity) => madeFor !== 'both' && (connectivity === 'farskip') !== (madeFor === 'farskip'));
  if (other === undefined) return null;
  return (
    <p className="notice">
      {madeFor === 'farskip'
        ? 'This checkpoint is a FarSkip one: its regular run uses weights that were not made for it.'
        : 'This checkpoint is a regular one, not converted to FarSkip: its FarSkip run uses weights that were not made for it.'}
    </p>
  );
}
