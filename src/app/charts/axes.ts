/**
 * What all charts have in common; Recharts reads the props of its own components only, so these are props and not
 * components.
 */

/** Nothing in a drawing can be reached by keys: it is hidden from assistive technology, and the table says the same. */
export const CHART = { accessibilityLayer: false } as const;
/** Recharts breaks and leaves out labels by the size that it is told here. */
export const AXIS = {
  stroke: 'currentColor',
  tickLine: false,
  tick: { style: { fontSize: 11 }, fill: 'currentColor' },
} as const;
export const GRID = { stroke: 'var(--line)' } as const;
export const TOOLTIP = {
  isAnimationActive: false,
  contentStyle: {
    background: 'var(--panel)',
    borderColor: 'var(--line)',
    color: 'var(--ink)',
    fontSize: 11,
    lineHeight: 1.4,
    padding: '4px 8px',
  },
  itemStyle: { color: 'var(--ink)', padding: 0 },
  // As they are drawn, and not by name.
  itemSorter: () => 0,
  cursor: { fill: 'currentColor', fillOpacity: 0.08, stroke: 'currentColor', strokeOpacity: 0.3 },
} as const;
/** px */
export const MARGIN = { left: 4, right: 16, bottom: 18 } as const;

export const below = (value: string) =>
  ({ value, position: 'insideBottom', offset: -12, fill: 'currentColor' }) as const;
export const beside = (value: string) =>
  ({
    value,
    angle: -90,
    position: 'insideLeft',
    offset: 8,
    fill: 'currentColor',
    style: { textAnchor: 'middle' },
  }) as const;

/** To four digits. */
export const rounded = (value: number): string =>
  String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
