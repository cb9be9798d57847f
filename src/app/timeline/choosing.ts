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
