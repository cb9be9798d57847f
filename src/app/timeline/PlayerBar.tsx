import { type CommandContext, commandOf, playOrPause } from '../commands/registry';
import { focusLanes } from '../lanes/focus';
import { useText } from '../state/language';
import { SPEEDS, usePlayer } from '../state/player';
import { ms } from '../text/format';

/** Replays what was measured, slowed down; the play head can be drawn, paused and stepped from span to span. */
export function PlayerBar({ context }: { context: CommandContext }) {
  const t = useText();
  const { at, playing, speed, seek, setSpeed, close } = usePlayer();
  const { end } = context.timelines;
  const run = (id: 'stepOn' | 'stepBack') => commandOf(id).run(context);
  return (
    <div className="player">
      <div className="group">
        <button type="button" aria-label={t.timeline.stepBack} onClick={() => run('stepBack')}>
          <Icon d="M3 2v12h2V2zM14 2 6 8l8 6z" />
        </button>
        <button
          type="button"
          aria-label={playing ? t.timeline.pause : t.timeline.play}
          onClick={() => playOrPause(end)}
        >
          <Icon d={playing ? 'M3 2h4v12H3zM9 2h4v12H9z' : 'M3 1v14l11-7z'} />
        </button>
        <button type="button" aria-label={t.timeline.stepOn} onClick={() => run('stepOn')}>
          <Icon d="M11 2v12h2V2zM2 2l8 6-8 6z" />
        </button>
      </div>
      <input
        type="range"
        aria-label={t.timeline.playHead}
        aria-valuetext={ms(at ?? 0)}
        min={0}
        max={end}
        step="any"
        value={Math.min(at ?? 0, end)}
        onChange={(event) => seek(event.target.valueAsNumber)}
      />
      <span className="at">{(at ?? 0).toFixed(3)} ms</span>
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

const Icon = ({ d }: { d: string }) => (
  <svg width="14" height="16" viewBox="0 0 16 16" aria-hidden="true">
    <path d={d} fill="currentColor" />
  </svg>
);
