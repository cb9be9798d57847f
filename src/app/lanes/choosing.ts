import { useEffect } from 'react';
import { create } from 'zustand';

/** Whether a drag, or two clicks or taps, on the lanes choose a range, by any pointer; for one range. */
type Choosing = {
  readonly on: boolean;
  /** The end of the range that was clicked first, ms of the axis; null: neither was. */
  readonly first: number | null;
};

export const useChoosing = create<Choosing>(() => ({ on: false, first: null }));

export const toggleChoosing = (): void => useChoosing.setState(({ on }) => ({ on: !on, first: null }));
export const stopChoosing = (): void => useChoosing.setState({ on: false, first: null });

/** While a range is chosen, Escape leaves that: before the lanes, which would clear the selection, too. */
export function useLeaveChoosing(): void {
  const on = useChoosing((state) => state.on);
  useEffect(() => {
    if (!on) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      stopChoosing();
    };
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, [on]);
}
