import { useChoosing } from '../lanes/choosing';
import type { Prepared } from '../lanes/lanes';
import type { Selection } from '../lanes/selection';
import { sentenceOf } from '../lanes/speak';
import { useText } from '../state/language';
import { useView } from '../state/view_store';
import { ms } from '../text/format';

/** What is pointed at or selected, in a sentence; the selection is spoken, too, and so is how to choose a range. */
export function StatusLine({
  tracks,
  titles,
  selection,
  hovered,
}: {
  tracks: readonly Prepared[];
  titles: readonly string[];
  selection: Selection | null;
  hovered: Selection | null;
}) {
  const t = useText();
  const range = useView((state) => state.view.range);
  const choosing = useChoosing();
  const shown = hovered ?? selection;
  const hint = choosing.on ? (choosing.first === null ? t.timeline.chooseRange : t.timeline.chooseOtherEnd) : null;
  const sentence = shown && sentenceOf(t, tracks, shown);
  const sum = range ? t.inspector.range(ms(range[0]), ms(range[1]), ms(range[1] - range[0])) : t.timeline.nothing;
  const selected = selection && sentenceOf(t, tracks, selection);
  return (
    <>
      <p className="status-line" aria-hidden="true">
        {hint ?? sentence ?? sum}
      </p>
      <p className="visually-hidden" role="status">
        {hint}
      </p>
      <p className="visually-hidden" role="status">
        {selection && selected && `${titles[selection.track]}${t.join.colon}${selected}`}
      </p>
    </>
  );
}
