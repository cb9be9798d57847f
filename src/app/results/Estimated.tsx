import type { Estimate } from '../../lab/statistics/estimate';

/** A median, with its interval where there is one. */
export const Estimated = ({
  of: { median, low, high },
  written,
  unit = '',
}: {
  of: Estimate;
  written: (value: number) => string;
  /** After the median alone. */
  unit?: string;
}) => (
  <>
    {written(median)}
    {unit}
    {low !== null && high !== null && (
      <span className="faint interval">
        {' '}
        [{written(low)}, {written(high)}]
      </span>
    )}
  </>
);
