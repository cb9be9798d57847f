import type { Track } from '../../lab/experiments/track';
import { manifestOfRun } from '../../lab/runs/run_kinds';
import { toRankTraces } from '../../trace/rank_traces';
import { toChromeTrace } from '../../trace/write_trace';
import { fileName, saveFile } from '../parts/save_file';
import { titleOf } from '../parts/titles';
import { runName, type SessionRun, tracksOfRun } from '../state/session';
import { trackName } from '../state/view';
import type { Text } from '../text/en';

/** Each timeline as a trace of all devices. `names`: the tracks on show. */
export function saveTraces(t: Text, session: SessionRun, names: readonly string[]): void {
  for (const track of toTrace(session, names)) {
    const trace = toChromeTrace(track.spans, track.ranks, aboutTrace(session, track));
    const name = fileName(`${runName(t, session)} ${titleOf(t, track)}`);
    saveFile(`${name}.trace.json`, 'application/json', JSON.stringify(trace));
  }
}

/** The same in a file a device, in a folder each of one zip. */
export async function saveRankTraces(t: Text, session: SessionRun, names: readonly string[]): Promise<void> {
  const { strToU8, zipSync } = await import('fflate');
  const files = toTrace(session, names).flatMap((track) =>
    toRankTraces(track.spans, track.ranks, aboutTrace(session, track)).map(
      (text, rank) => [`${fileName(titleOf(t, track))}/rank${rank}.json`, strToU8(text)] as const,
    ),
  );
  const zip = zipSync(Object.fromEntries(files));
  saveFile(`${fileName(runName(t, session))}.traces.zip`, 'application/zip', zip);
}

/** Of a run with many tracks those on show or, where none is, those that would be shown. */
function toTrace(session: SessionRun, names: readonly string[]): readonly Track[] {
  const { run, tracks } = session;
  const among = (wanted: readonly string[]) => tracks.filter(({ key }) => wanted.includes(trackName(run.id, key)));
  if (tracks.length <= 2) return tracks;
  const shown = among(names);
  return shown.length > 0 ? shown : among(tracksOfRun(session));
}

const aboutTrace = ({ run }: SessionRun, { combination, wire }: Track) => ({
  wire,
  otherData: { ...combination, name: run.name, manifest: manifestOfRun(run) },
});
