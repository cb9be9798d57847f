/** Of a function of values, its differences when each element changes a little. */
export function centralDifferences(values: Float64Array, of: () => number): Float64Array {
  const step = 1e-5;
  return Float64Array.from(values, (value, i) => {
    values[i] = value + step;
    const above = of();
    values[i] = value - step;
    const below = of();
    values[i] = value;
    return (above - below) / (2 * step);
  });
}
