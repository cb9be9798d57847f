import { useRuns } from './runs_store';

/**
 * Asks before the page is left with runs that are neither saved nor kept in the browser. In a frame it is for the page
 * around to keep them.
 */
export function guardUnsaved(): void {
  if (window !== window.top) return;
  window.addEventListener('beforeunload', (event) => {
    if (useRuns.getState().runs.some(({ saved, keptBytes }) => !saved && keptBytes === null)) event.preventDefault();
  });
}
