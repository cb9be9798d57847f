import { useEffect } from 'react';
import { RECORDED } from '../../lab/recorded';
import { useLab } from '../store';
import type { Text } from '../text/en';
import { runOfTrack } from '../view';
import { loadRecorded } from './recorded';

const isRecorded = (id: string | null): id is string => RECORDED.some((recorded) => recorded.id === id);

/** Brings the recorded runs that the view names and, where it names none, the first, so that a visitor sees one at once. */
export function useRecordedRuns(t: Text, onProblems: (sentences: readonly string[]) => void): void {
  const top = useLab((state) => state.view.top);
  const bottom = useLab((state) => state.view.bottom);
  useEffect(() => {
    const { runs, addRuns } = useLab.getState();
    const named = [runOfTrack(top), runOfTrack(bottom)];
    const wanted = top === '' && runs.length === 0 ? [RECORDED[0].id] : named.filter(isRecorded);
    for (const id of new Set(wanted)) {
      if (runs.some(({ run }) => run.id === id)) continue;
      loadRecorded(id).then((found) => {
        if (found.kind === 'failed') return onProblems([t.notice.recordedFailed(found.message)]);
        addRuns([found.run], 'recorded', false);
      });
    }
    const unknown = named.find((id) => id !== null && !isRecorded(id) && !runs.some(({ run }) => run.id === id));
    if (unknown) onProblems([t.notice.unknownRun(unknown)]);
  }, [top, bottom, t, onProblems]);
}
