import { useMemo } from 'react';
import { useView } from '../state/view_store';
import type { Prepared } from './lanes';
import { type Selection, selectionIn } from './selection';

/** The selection of the view in the tracks on show. */
export function useSelection(tracks: readonly Prepared[]): Selection | null {
  const selected = useView((state) => state.view.selected);
  return useMemo(() => selectionIn(tracks, selected), [tracks, selected]);
}
