import { CommandButton } from '../commands/CommandButton';
import { type CommandContext, playOrPause } from '../commands/registry';
import { focusLanes } from '../lanes/focus';
import { playedFrom } from '../lanes/timelines';
import { Icon } from '../parts/Icon';
import { useText } from '../state/language';
import { SPEEDS, usePlayer } from '../state/player';
import { useView } from '../state/view_store';
import { ms } from '../text/format';

/** Replays what was measured, slowed down; the play head can be drawn, paused and stepped from span to span. */
export function PlayerBar({ context }: { context: CommandContext }) {
  const t = useText();
  const { at, playing, speed, seek, setSpeed, close } = usePlayer();
  const { end } = context.timelines;
  // Where it would begin.
  const start = useView(({ view }) => playedFrom(view, end));
  const here = at ?? start;
  return (
    <div className="player">
      <div className="group">
        <CommandButton id="stepBack" icon="stepBack" context={context} />
        <button
          type="button"
          className="tool"
          aria-label={playing ? t.timeline.pause : t.timeline.play}
          onClick={() => playOrPause(end)}
        >
          <Icon of={playing ? 'pause' : 'play'} />
        </button>
        <CommandButton id="stepOn" icon="stepOn" context={context} />
      </div>
      <input
        type="range"
        aria-label={t.timeline.playHead}
        aria-valuetext={ms(here)}
        min={0}
        max={end}
        step="any"
        value={Math.min(here, end)}
        onChange={(event) => seek(event.target.valueAsNumber)}
      />
      <span className="at">{here.toFixed(3)} ms</span>
      <select
        aria-label={t.timeline.speed}
        value={speed || ''}
        onChange={(event) => setSpeed(Number(event.target.value))}
      >
        {speed === 0 && <option value="">{t.timeline.speed}</option>}
        {SPEEDS.map((value) => (
          <option key={value} value={value}>
            {value === 1 ? t.timeline.fullSpeed : t.timeline.speedOf(value)}
          </option>
        ))}
      </select>
      {at !== null && (
        <button
          type="button"
          onClick={() => {
            close();
            focusLanes();
          }}
        >
          {t.timeline.closePlayer}
        </button>
      )}
    </div>
  );
}
