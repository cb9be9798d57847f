import { useEffect, useRef } from 'react';
import { RECORDED } from '../../lab/recorded';
import { type Phrase, phrase } from '../../words/phrase';
import { trackNamed } from '../session';
import { useLab } from '../store';
import { runOfTrack } from '../view';
import { loadRecorded } from './recorded';

const isRecorded = (id: string | null): id is string => RECORDED.some((recorded) => recorded.id === id);

/**
 * Brings the recorded runs that the view names and, when the page opens and it names none, the first, so that a visitor
 * sees one at once. Answers a sentence when the view names a run or a track that is not on the page.
 */
export function useRecordedRuns(onProblems: (sentences: readonly Phrase[]) => void): Phrase | null {
  const top = useLab((state) => state.view.top);
  const bottom = useLab((state) => state.view.bottom);
  const runs = useLab((state) => state.runs);
  const opening = useRef(true);
  useEffect(() => {
    const wanted =
      top === '' && opening.current ? [RECORDED[0].id] : [runOfTrack(top), runOfTrack(bottom)].filter(isRecorded);
    opening.current = false;
    for (const id of new Set(wanted)) {
      const { runs: known, addRuns } = useLab.getState();
      if (known.some(({ run }) => run.id === id)) continue;
      loadRecorded(id).then((found) => {
        if (found.kind === 'failed') return onProblems([found.why]);
        addRuns([found.run], 'recorded', false);
      });
    }
  }, [top, bottom, onProblems]);
  for (const name of [top, bottom]) {
    const id = runOfTrack(name);
    const run = runs.find((each) => each.run.id === id);
    if (id !== null && !run && !isRecorded(id))
      return phrase`The link shows the run ${id}, which is not on this page; open the file that it was saved in.`;
    if (run && run.tracks.length > 0 && !trackNamed(runs, name))
      return phrase`The link shows ${name}, which that run does not have; choose another timeline.`;
  }
  return null;
}
