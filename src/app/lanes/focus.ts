/** Gives the lanes the focus, for their keys. */
export const focusLanes = (): void => document.getElementById('lanes')?.focus();
