import { useState } from 'react';
import { wordsOf } from '../../words/phrase';
import { saveFile } from '../parts/save_file';
import { useText } from '../state/language';

/** Saves what is drawn, named `of`, as `file`.svg and `file`.png. `svg` makes it when it is asked for. */
export function SaveButtons(props: { of: string; file: string; svg: () => Promise<string> | string }) {
  const t = useText();
  const [failed, setFailed] = useState<string | null>(null);
  const save = async (kind: 'svg' | 'png') => {
    try {
      const svg = await props.svg();
      if (kind === 'svg') saveFile(`${props.file}.svg`, 'image/svg+xml', svg);
      else {
        const { pngOf } = await import('./png');
        saveFile(`${props.file}.png`, 'image/png', await pngOf(svg));
      }
      setFailed(null);
    } catch (cause) {
      setFailed(t.charts.notSaved(kind.toUpperCase(), wordsOf(cause)));
    }
  };
  return (
    <span className="save-buttons">
      {(['svg', 'png'] as const).map((kind) => (
        <button
          key={kind}
          type="button"
          aria-label={t.charts.saveAs(props.of, kind.toUpperCase())}
          title={t.charts.saveAs(props.of, kind.toUpperCase())}
          onClick={() => void save(kind)}
        >
          {kind.toUpperCase()}
        </button>
      ))}
      {failed && <span role="alert">{failed}</span>}
    </span>
  );
}
