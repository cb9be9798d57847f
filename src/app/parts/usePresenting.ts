import { useSyncExternalStore } from 'react';

const subscribe = (changed: () => void) => {
  document.addEventListener('fullscreenchange', changed);
  return () => document.removeEventListener('fullscreenchange', changed);
};

/** Whether the page fills the screen, as for an audience: then text and lanes are larger. */
export const usePresenting = (): boolean =>
  useSyncExternalStore(subscribe, () => document.fullscreenElement === document.documentElement);
