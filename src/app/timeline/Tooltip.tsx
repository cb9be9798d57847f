import type { Prepared } from '../lanes/lanes';
import type { Hovered } from '../lanes/pointed';
import { sentenceOf } from '../lanes/speak';
import { useText } from '../state/language';

/** Says at the pointer what it points at. Not spoken: the lanes are walked by keys for that. */
export function Tooltip(props: { tracks: readonly Prepared[]; hovered: Hovered; width: number }) {
  const t = useText();
  const { selection, x, y } = props.hovered;
  // Beside the pointer, on the side that has more room.
  const side = x < props.width / 2 ? { left: x + 14 } : { right: props.width - x + 14 };
  return (
    <div className="tooltip" aria-hidden="true" style={{ top: y + 18, ...side }}>
      {sentenceOf(t, props.tracks, selection)}
    </div>
  );
}
