import { create } from 'zustand';
import type { Selection } from './selection';

/** What is pointed at, and where on the lanes, CSS pixels. */
export type Hovered = { readonly selection: Selection; readonly x: number; readonly y: number };

/** What the pointer is at on the lanes: what is said of it stands at the pointer and beside the lanes. */
export const usePointed = create<{ readonly hovered: Hovered | null }>(() => ({ hovered: null }));

export const pointAt = (hovered: Hovered | null): void => usePointed.setState({ hovered });
