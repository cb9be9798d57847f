/** Outlines of the page's icons, in a square of 16. */
const OUTLINES = {
  stepBack: 'M3 2v12h2V2zM14 2 6 8l8 6z',
  stepOn: 'M11 2v12h2V2zM2 2l8 6-8 6z',
  play: 'M3 1v14l11-7z',
  pause: 'M3 2h4v12H3zM9 2h4v12H9z',
  zoomOut: 'M2 7h12v2H2z',
  zoomIn: 'M7 2h2v5h5v2H9v5H7V9H2V7h5z',
  fit: 'M1 2h2v12H1zM13 2h2v12h-2zM4 7h8v2H4zM6 4v8L3.5 8zM10 4v8l2.5-4z',
  fitAll: 'M0 8l4-4v3h8V4l4 4-4 4V9H4v3z',
  chooseRange: 'M2 3h2v10H2zM12 3h2v10h-2zM5 6h6v4H5z',
  windows: 'M1 3h9v4H1zM6 9h9v4H6zM6 7h4v2H6z',
  arrows: 'M2 2h3v3H3.500l7 7V10.500H12V14H8.500v-1.500H10l-7.5-7.500z',
  link: 'M6 4H4a4 4 0 0 0 0 8h2v-2H4a2 2 0 0 1 0-4h2zM10 4h2a4 4 0 0 1 0 8h-2v-2h2a2 2 0 0 0 0-4h-2zM5 7h6v2H5z',
  palette: 'M1 2h14v3H1zM1 7h9v2H1zM1 11h11v2H1z',
  help: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM7 11h2v2H7zM5 6a3 3 0 1 1 4 2.800V10H7V7.500h1A1.2 1.2 0 1 0 6.8 6z',
  fullScreen: 'M1 1h5v2H3v3H1zM10 1h5v5h-2V3h-3zM1 10h2v3h3v2H1zM13 10h2v5h-5v-2h3z',
  close: 'M3.4 2 8 6.6 12.6 2 14 3.4 9.4 8l4.6 4.6-1.4 1.400L8 9.4 3.4 14 2 12.6 6.6 8 2 3.400z',
} as const;

export type IconName = keyof typeof OUTLINES;

export const Icon = ({ of }: { of: IconName }) => (
  <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" className="icon">
    <path d={OUTLINES[of]} fill="currentColor" />
  </svg>
);
