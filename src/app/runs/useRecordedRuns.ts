import { useEffect, useRef, useState } from 'react';
import { FIRST_RECORDED, isRecorded } from '../../lab/runs/recorded';
import { type Phrase, phrase } from '../../words/phrase';
import { useForm } from '../state/form_store';
import { nearestRecorded } from '../state/nearest';
import { useRuns } from '../state/runs_store';
import { runShown, type SessionRun, trackNamed, tracksOfRun } from '../state/session';
import { firstLook } from '../state/stepping';
import { runOfTrack } from '../state/view';
import { useView } from '../state/view_store';
import { useKeptRuns } from './kept_runs';
import { loadRecorded } from './load_recorded';

/**
 * Brings the recorded runs that the view names and, when the page opens and it names none, the first, so that a visitor
 * sees one at once. Answers a sentence when the view names a run or a track that is not on the page.
 */
export function useRecordedRuns(onProblems: (sentences: readonly Phrase[]) => void): Phrase | null {
  const tracks = useView((state) => state.view.tracks);
  const runs = useRuns((state) => state.runs);
  const { restored } = useKeptRuns();
  const opening = useRef(true);
  useEffect(() => {
    const wanted =
      tracks.length === 0 && opening.current
        ? [FIRST_RECORDED]
        : (tracks.map(runOfTrack).filter((id) => id !== null && isRecorded(id)) as string[]);
    const first = opening.current && tracks.length === 0;
    opening.current = false;
    for (const id of new Set(wanted)) {
      const { runs: known, add } = useRuns.getState();
      const { openWith } = useView.getState();
      if (known.some(({ run }) => run.id === id)) continue;
      loadRecorded(id).then((found) => {
        if (found.kind === 'failed') return onProblems([found.why]);
        add([found.run], 'recorded', false);
        const shown = useRuns.getState().runs.find(({ run }) => run.id === id);
        if (first && shown && !useView.getState().watching) openWith(firstLook(shown, tracksOfRun(shown)));
      });
    }
  }, [tracks, onProblems]);
  const missing = restored ? tracks.map(runOfTrack).find((id) => id !== null && !isAtHand(runs, id)) : undefined;
  // Of a link whose runs are not here, the recorded one that is most like them is on show.
  const instead = restored && tracks.length > 0 && tracks.every((name) => !isAtHand(runs, runOfTrack(name)));
  const [standIn, setStandIn] = useState<string | null>(null);
  useEffect(() => {
    if (!instead) return;
    // By the settings of the link, not by what is made of them meanwhile.
    const nearest = nearestRecorded(useForm.getState().form);
    loadRecorded(nearest).then((found) => {
      if (found.kind === 'failed') return onProblems([found.why]);
      useRuns.getState().add([found.run], 'recorded', false);
      setStandIn(nearest);
    });
  }, [instead, onProblems]);
  if (missing)
    return instead && runShown(runs, tracks)?.run.id === standIn
      ? phrase`The link shows the run ${missing}, which is not in this browser; open the file that it was saved in. The recorded run that is most like it is on show.`
      : phrase`The link shows the run ${missing}, which is not in this browser; open the file that it was saved in.`;
  for (const name of tracks) {
    const run = runs.find((each) => each.run.id === runOfTrack(name));
    if (run && run.tracks.length > 0 && !trackNamed(runs, name))
      return phrase`The link shows ${name}, which that run does not have; choose another timeline.`;
  }
  return null;
}

const isAtHand = (runs: readonly SessionRun[], id: string | null): boolean =>
  id !== null && (isRecorded(id) || runs.some(({ run }) => run.id === id));
