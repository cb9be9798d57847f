/** Numbers as the page writes them. */
export const ms = (value: number): string =>
  `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;

/** Rounding may leave a nought with a minus, which says nothing. */
export const percent = (share: number): string => `${(100 * share).toFixed(1).replace(/^-(0\.0)$/, '$1')} %`;

export function bytes(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} MB`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} kB` : `${value} B`;
}

export function flops(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} GFLOP`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(2)} MFLOP` : `${(value / 1e3).toFixed(1)} kFLOP`;
}

/** A date as it is written in a language: if that is the browser's own, as in its country. */
export function dateIn(language: string, iso: string): string {
  const { locale } = new Intl.DateTimeFormat().resolvedOptions();
  return new Date(iso).toLocaleString(locale.startsWith(language) ? locale : language);
}

/** The browser of a user agent's long name, with its version; other runtimes as they are. */
export const browserOf = (runtime: string): string =>
  /(?:Edg|Firefox|(?:Headless)?Chrome|Version)\/[\d]+/
    .exec(runtime)?.[0]
    .replace('/', ' ')
    .replace('Version', 'Safari') ?? runtime;
