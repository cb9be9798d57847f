import { useRuns } from './runs_store';

/** Asks before the page is left with runs that are not saved. In a frame it is for the page around to keep them. */
export function guardUnsaved(): void {
  if (window !== window.top) return;
  window.addEventListener('beforeunload', (event) => {
    if (useRuns.getState().runs.some(({ saved }) => !saved)) event.preventDefault();
  });
}
