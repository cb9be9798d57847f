import { claimOf, provenanceOf } from '../figures/claim';
import { legendOf } from '../lanes/legend';
import { namesOfLanes } from '../lanes/names';
import { rangeInView, type Timelines } from '../lanes/timelines';
import { fileName } from '../parts/save_file';
import { titlesOf } from '../parts/titles';
import { useText } from '../state/language';
import { runName, type SessionRun } from '../state/session';
import { useView } from '../state/view_store';
import { SaveButtons } from './SaveButtons';

/** Saves what of the timelines is in view, under what it comes to: for slides and print. */
export function TimelinePicture({ timelines, session }: { timelines: Timelines; session: SessionRun | undefined }) {
  const t = useText();
  const svg = async () => {
    const { timelineSvg } = await import('./timeline_svg');
    const { tracks, differences, end } = timelines;
    const { view } = useView.getState();
    const claim = claimOf(t, timelines);
    const provenance = session && provenanceOf(t, session);
    const figures = claim?.figures.map(({ value, of }) => `${value} ${of}`) ?? [];
    return timelineSvg(
      { tracks, differences, names: namesOfLanes(t), showsWindows: view.windows },
      new Set(view.collapsed),
      rangeInView(view, end),
      {
        headline: [claim?.sentence ?? t.page.title, ...figures].join(' · '),
        provenance: [provenance?.from, provenance?.emulated, claim?.needs, t.page.title].filter(Boolean).join(' · '),
        titles: titlesOf(t, timelines),
        device: t.timeline.device,
        node: t.timeline.node,
        difference: t.timeline.difference,
        axis: timelines.aligned ? t.timeline.aligned : null,
        legend: legendOf(t, tracks),
      },
    );
  };
  const name = session ? runName(t, session) : t.page.title;
  return <SaveButtons of={t.timeline.region} file={`farskip-lab-${fileName(name)}`} svg={svg} />;
}
