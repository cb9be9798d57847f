/**
 * Collects what is garbage by now, so that it does not hold up what is measured next: where the runtime lets one. A
 * terminal's do; in a visitor's browser it falls where it falls, and counts as the host's time.
 */
export const collectGarbage = (): void => (globalThis as { readonly gc?: () => void }).gc?.();
